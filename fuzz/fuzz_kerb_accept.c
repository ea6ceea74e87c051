/*
 * fuzz_kerb_accept.c - Kerberos' acceptor with a real keytab: tokens as they
 * come, and with the parts inside the encryption changed and sealed again by
 * one who has the key. Whoever has it not is never taken; what nobody but the client
 * writes (authenticator, outer token) never makes another user of it.
 */
#include "fuzz.h"

#include <unistd.h>

#include "pkg/kerberos/kerb_proof.h"

#include "tests/pkg/kerberos/accept_lsa.h"
#include "tests/pkg/kerberos/forge.h"
#include "tests/pkg/kerberos/pac_make.h"

enum { RAW, TOKEN, TICKET, PROOF, CHECKSUM, PAC_SIGNED, PAC_CHANGED, WRONG_KEY, MODES };

static struct forge base;
static krb5_keyblock keys[3];
static uint8_t key_bytes[3][32];
static char keytab[] = "/tmp/openlsa-fuzz-keytab-XXXXXX";

static void
begin(void)
{
	struct forge granting;
	uint8_t raw[1024];
	size_t len;
	int fd = mkstemp(keytab);

	setenv("KRB5_CONFIG", "/dev/null", 1);
	base = (struct forge){ .realm = "FORGE.TEST", .service = { "host", "server.forge.test" }, .client = "alice", .kvno = 3,
	    .checksum_type = 0x8003 };
	MUST(krb5_init_context(&base.k5) == 0);
	for (int i = 0; i < 3; i++) {
		memset(key_bytes[i], 17 * i + 1, sizeof key_bytes[i]);
		keys[i] = (krb5_keyblock){ .enctype = ENCTYPE_AES256_CTS_HMAC_SHA1_96, .length = 32, .contents = key_bytes[i] };
	}
	base.key = &keys[0];
	base.session = &keys[1];
	len = forge_keytab(&base, raw, sizeof raw);
	MUST(fd >= 0 && len && write(fd, raw, len) == (ssize_t)len);
	granting = base;			/* the domain's own key, by which forge_pac signs too */
	granting.service[0] = "krbtgt";
	granting.service[1] = base.realm;
	granting.key = base.session;
	len = forge_keytab(&granting, raw, sizeof raw);
	MUST(len > 2 && write(fd, raw + 2, len - 2) == (ssize_t)len - 2);
	close(fd);
	accept_lsa.keytab = keytab;
	accept_lsa.rules[RULE_KERBEROS_BINDINGS] = 1;
}

static void
done(void)
{
	(void)unlink(keytab);
	krb5_free_context(base.k5);
}

static NTSTATUS
offer(struct accept_side *side, struct bytes token)
{
	uint8_t *copy = exact_copy(token);
	NTSTATUS status = accept_leg(side, bytes_of(copy, token.len));

	MUST(status != STATUS_PENDING && status != SEC_I_CONTINUE_NEEDED_MESSAGE_OK);
	free(copy);
	return status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct accept_side side;
	static uint8_t token[FORGE_MAX], plain[FORGE_MAX], info[4096], sum[256];
	static bool begun;
	bool changed = false;
	struct feed in = feed_of(data, size);
	unsigned mode = feed_u8(&in) % MODES;
	struct pac_make m = make_example();
	struct forge f;
	krb5_data pac = { 0 };
	size_t len, at;
	NTSTATUS status;

	if (!begun) {
		begun = true;
		begin();
		(void)atexit(done);
	}
	f = base;
	f.now = time(NULL);
	side.wants = feed_u8(&in);
	put_u32(sum, 16);
	bytes_zero(sum + 4, 16);
	put_u32(sum + 20, KERB_FLAG_MUTUAL);
	f.checksum = bytes_of(sum, 24);
	if (mode == RAW) {
		MUST(offer(&side, bytes_of(in.at, in.left)) < 0);
		accept_over(&side);
		return 0;
	}
	if (mode == TICKET) {
		len = forge_ticket_plain(&f, plain);
		at = feed_u16(&in) % (len + 1);
		(void)feed_patch(&in, plain, len);
		f.ticket_plain = bytes_of(plain, at ? at : len);
	} else if (mode == PROOF) {
		len = forge_proof_plain(&f, plain);
		at = feed_u16(&in) % (len + 1);
		(void)feed_patch(&in, plain, len);
		f.proof_plain = bytes_of(plain, at ? at : len);
	} else if (mode == CHECKSUM) {
		f.checksum_type = (int)feed_u8(&in) & 1 ? 0x8003 : (int32_t)feed_u32(&in);
		f.checksum = feed_sized(&in);
		if (!f.checksum_type || f.checksum.len > 30000)
			f.checksum = bytes_of(sum, 24);
	} else if (mode == PAC_SIGNED || mode == PAC_CHANGED) {
		len = make_logon_info(info, sizeof info, &m);
		if (mode == PAC_SIGNED)
			(void)feed_patch(&in, info, len);
		if (!forge_pac(&f, &pac, f.key, "alice", bytes_of(info, len)))
			return 0;
		if (mode == PAC_CHANGED)
			changed = feed_patch(&in, (uint8_t *)pac.data, pac.length);
		f.pac = bytes_of(pac.data, pac.length);
	} else if (mode == WRONG_KEY)
		f.key = &keys[2];
	len = forge_ap_req(&f, token);
	if (len && (mode == TOKEN || mode == WRONG_KEY))
		(void)feed_patch(&in, token, len);
	status = offer(&side, bytes_of(token, len));
	MUST(mode != WRONG_KEY || status < 0);
	if (status == SEC_E_OK && mode != TICKET && mode != PAC_SIGNED)
		MUST(strcmp(side.user, "alice") == 0 && strcmp(side.target, "host/server.forge.test@FORGE.TEST") == 0);
	if (status == SEC_E_OK && mode == TOKEN)
		MUST(side.data.receive == 0x12345678 && (side.data.grants & 2));
	if (status == SEC_E_OK && mode == PAC_CHANGED)
		MUST(!changed && strcmp(side.sid, "S-1-5-21-11-22-33-1104") == 0 && accept_lsa.groups == 6);
	accept_over(&side);
	MUST(accept_lsa.sessions == 0);
	krb5_free_data_contents(f.k5, &pac);
	return 0;
}
