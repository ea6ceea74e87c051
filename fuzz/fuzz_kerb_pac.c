/*
 * fuzz_kerb_pac.c - a PAC as bytes, as it comes or as a domain's with
 * patches: what is read lies inside, and what contradicts itself gives nothing.
 */
#include "fuzz.h"

#include "pkg/kerberos/kerb_pac.h"
#include "tests/pkg/kerberos/pac_make.h"

static void
must_be_sound(const struct pac_facts *f, bool good, struct bytes pac, const uint8_t *memory)
{
	if (!good || !f->known) {
		MUST(!f->known && f->group_count == 0);
		return;
	}
	MUST(f->user.len && f->user.at >= pac.at && f->user.at + f->user.len <= pac.at + pac.len);
	MUST(!f->domain.len || (f->domain.at >= pac.at && f->domain.at + f->domain.len <= pac.at + pac.len));
	MUST(f->sid.count >= 1 && f->group_count <= PAC_GROUPS_MAX);
	for (size_t i = 0; i < f->group_count; i++) {
		struct reader r = reader_of(f->groups[i]);
		struct sid sid;

		MUST(f->groups[i].at >= memory && f->groups[i].at + f->groups[i].len <= memory + PAC_GROUP_MEMORY);
		sid_take(&sid, &r);
		MUST(reader_done(&r));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pac_facts facts;
	static uint8_t memory[PAC_GROUP_MEMORY], info[8192], upn[1024], whole[16384];
	const uint32_t types[] = { PAC_LOGON_INFO, PAC_UPN_DNS };
	struct feed f = feed_of(data, size);
	struct pac_make m = make_example();
	struct bytes parts[2], pac;
	uint8_t *copy;
	unsigned how = feed_u8(&f) % 3;

	if (how == 0) {
		pac = bytes_of(f.at, f.left);
	} else {
		m.rid = feed_u32(&f);
		m.flags = feed_u16(&f);
		m.extra_count = feed_u8(&f) % (MAKE_GROUPS - 1);
		parts[0] = bytes_of(info, make_logon_info(info, sizeof info, &m));
		parts[1] = bytes_of(upn, make_upn(upn, sizeof upn, &m, "alice@openlsa.test", "alice"));
		pac = bytes_of(whole, make_pac(whole, sizeof whole, types, parts, how));
		(void)feed_patch(&f, whole, pac.len);
	}
	copy = exact_copy(pac);
	pac.at = copy;
	must_be_sound(&facts, pac_read(&facts, pac, memory), pac, memory);
	for (int32_t etype = 16; etype < 24; etype++)
		MUST(!pac_signed_for(pac, etype) || (etype >= 17 && etype <= 20) || etype == 23);
	free(copy);
	return 0;
}
