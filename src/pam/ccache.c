/*
 * ccache.c - the session's ticket-granting ticket as a file of the user's.
 * The file is made, replaced and removed with the user's rights and no more,
 * so nobody can lead this module to a place of somebody else's.
 */
#include "pam/ccache.h"

#include <windows.h>
#include <ntsecapi.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <syslog.h>
#include <unistd.h>

#include <security/pam_ext.h>

#include "base/secret.h"
#include "base/time.h"
#include "base/utf16.h"
#include "pam/logon.h"
#include "pam/lsa.h"
#include "pam/talk.h"

#define SCHEME		"FILE:"
#define NUMBER		"%{uid}"
#define VERSION		0x0504u
#define PART_MOST	1024u

/* --- its name -------------------------------------------------------------------- */

bool
ccache_option(const char *value)
{
	if (strncmp(value, SCHEME, strlen(SCHEME)) == 0)
		value += strlen(SCHEME);
	return *value == '/';
}

/* "FILE:/..." with the number in its place. False: too long. */
static bool
name_of(char to[CCACHE_MOST], const char *option, uid_t uid)
{
	const char *path = strncmp(option, SCHEME, strlen(SCHEME)) == 0 ? option + strlen(SCHEME) : option;
	const char *at = strstr(path, NUMBER);
	int len = at ? snprintf(to, CCACHE_MOST, SCHEME "%.*s%lu%s", (int)(at - path), path, (unsigned long)uid, at + strlen(NUMBER)) :
	    snprintf(to, CCACHE_MOST, SCHEME "%s", path);

	return len > 0 && len < (int)CCACHE_MOST;
}

/* --- its bytes: numbers are big-endian ---------------------------------------------- */

static bool
put_text(struct writer *w, const UNICODE_STRING *text)
{
	uint8_t utf8[PART_MOST];
	struct writer t = writer_of(utf8, sizeof utf8);

	if (!utf8_from_utf16(&t, bytes_of(text->Buffer, text->Length)) || !writer_ok(&t))
		return false;
	writer_be_sized(w, bytes_of(utf8, t.need));
	return true;
}

static bool
put_name(struct writer *w, const KERB_EXTERNAL_NAME *name, const UNICODE_STRING *realm)
{
	writer_be32(w, (uint32_t)name->NameType);
	writer_be32(w, name->NameCount);
	if (!put_text(w, realm))
		return false;
	for (USHORT i = 0; i < name->NameCount; i++)
		if (!put_text(w, &name->Names[i]))
			return false;
	return true;
}

static void
put_time(struct writer *w, LARGE_INTEGER filetime)
{
	int64_t seconds = filetime.QuadPart > 0 ? time_unix_of_filetime((uint64_t)filetime.QuadPart) : 0;

	writer_be32(w, seconds > 0 && seconds <= UINT32_MAX ? (uint32_t)seconds : 0);
}

static bool
put_cache(struct writer *w, const KERB_EXTERNAL_TICKET *t)
{
	writer_be16(w, VERSION);
	writer_be16(w, 0);				/* no tags */
	if (!put_name(w, t->ClientName, &t->AltTargetDomainName) || !put_name(w, t->ClientName, &t->AltTargetDomainName) ||
	    !put_name(w, t->ServiceName, &t->DomainName))
		return false;
	writer_be16(w, (uint16_t)t->SessionKey.KeyType);
	writer_be_sized(w, bytes_of(t->SessionKey.Value, t->SessionKey.Length));
	put_time(w, t->StartTime);		/* when he authenticated is not told by itself */
	put_time(w, t->StartTime);
	put_time(w, t->EndTime);
	put_time(w, t->RenewUntil);
	writer_u8(w, 0);			/* the key is not a second ticket's */
	writer_be32(w, t->TicketFlags);
	writer_be32(w, 0);				/* addresses */
	writer_be32(w, 0);				/* authorization data */
	writer_be_sized(w, bytes_of(t->EncodedTicket, t->EncodedTicketSize));
	writer_be_sized(w, BYTES_NONE);
	return true;
}

/* NULL: no memory, or what cannot be a ticket. */
static struct secret *
cache_of(const KERB_EXTERNAL_TICKET *t)
{
	struct writer w = writer_of(NULL, 0);
	struct secret *bytes = NULL;
	bool good = t->ClientName && t->ServiceName && put_cache(&w, t);
	uint8_t *at;

	if (good)
		bytes = secret_new(w.need);
	if (bytes)
		WITH_SECRET(at, bytes) {
			w = writer_of(at, w.need);
			good = put_cache(&w, t) && writer_ok(&w);
		}
	if (!good)
		secret_drop(&bytes);
	return bytes;
}

/* Who is not trusted is told a key of zeros: no ticket that anybody could use. */
static bool
key_told(const KERB_CRYPTO_KEY *key)
{
	UCHAR any = 0;

	for (ULONG i = 0; i < key->Length; i++)
		any |= key->Value[i];
	return any != 0;
}

/* --- the file --------------------------------------------------------------------------- */

/* False: the thread is who it was. */
static bool
user_become(const struct stay *s)
{
	if (!ImpersonateLoggedOnUser(s->token))
		return false;
	if ((uid_t)setfsuid((uid_t)-1) == s->uid)
		return true;
	(void)RevertToSelf();			/* the configuration lets nobody be the user for the kernel */
	errno = EPERM;
	return false;
}

static bool
all_written(int fd, struct secret *bytes)
{
	size_t len = secret_len(bytes), done = 0;
	const uint8_t *at;

	WITH_SECRET(at, bytes)
		while (done < len) {
			ssize_t n = write(fd, at + done, len - done);

			if (n < 0 && errno == EINTR)
				continue;
			if (n <= 0)
				break;
			done += (size_t)n;
		}
	return done == len;
}

/* A new file (0600) in the place of the old one, whatever that was. */
static bool
file_put(const char *path, struct secret *bytes)
{
	char beside[CCACHE_MOST + 8];
	bool good;
	int fd;

	(void)snprintf(beside, sizeof beside, "%s.XXXXXX", path);
	fd = mkostemp(beside, O_CLOEXEC);
	if (fd < 0)
		return false;
	good = all_written(fd, bytes);
	good = close(fd) == 0 && good;
	good = good && rename(beside, path) == 0;
	if (!good)
		(void)unlink(beside);
	return good;
}

static int
written(pam_handle_t *pamh, struct stay *s, const char *name, struct secret *bytes)
{
	char told[CCACHE_MOST + 16];
	int error = 0;

	errno = EPERM;
	if (!user_become(s)) {
		pam_syslog(pamh, LOG_ERR, "user %s: no ticket cache, for nothing can be written with the user's rights here", s->name);
		return PAM_SUCCESS;
	}
	if (!file_put(name + strlen(SCHEME), bytes))
		error = errno ? errno : EIO;
	if (!RevertToSelf()) {
		pam_syslog(pamh, LOG_CRIT, "user %s: the program cannot be itself again after the ticket cache was written", s->name);
		return PAM_ABORT;
	}
	if (error) {
		pam_syslog(pamh, LOG_ERR, "user %s: no ticket cache in %s: %s", s->name, name, strerror(error));
		return PAM_SUCCESS;
	}
	(void)snprintf(s->ccache, sizeof s->ccache, "%s", name);
	(void)snprintf(told, sizeof told, "KRB5CCNAME=%s", name);
	return pam_putenv(pamh, told) == PAM_SUCCESS ? PAM_SUCCESS : PAM_BUF_ERR;
}

int
ccache_write(pam_handle_t *pamh, const struct options *o, struct stay *s)
{
	KERB_RETRIEVE_TKT_RESPONSE *ticket = NULL;
	struct secret *bytes = NULL;
	char name[CCACHE_MOST];
	struct line line;
	NTSTATUS status;
	int result = PAM_SUCCESS;

	if (!o->ccache || !s->token || *s->ccache || !name_of(name, o->ccache, s->uid))
		return PAM_SUCCESS;
	status = line_reach(&line, logon_service(pamh), true);
	if (status == STATUS_SUCCESS)
		status = line_tgt(&line, s->token, &ticket);
	line_leave(&line);
	if (status == STATUS_SUCCESS && !key_told(&ticket->Ticket.SessionKey))
		status = STATUS_ACCESS_DENIED;
	if (status == STATUS_SUCCESS) {
		bytes = cache_of(&ticket->Ticket);
		status = bytes ? STATUS_SUCCESS : STATUS_NO_MEMORY;
	}
	if (ticket)
		(void)LsaFreeReturnBuffer(ticket);		/* wiped */
	if (status == STATUS_SUCCESS)
		result = written(pamh, s, name, bytes);
	else
		pam_syslog(pamh, LOG_ERR, "user %s: no ticket cache, for the LSA gives no ticket (0x%08X)", s->name, (unsigned)status);
	secret_drop(&bytes);
	return result;
}

void
ccache_remove(struct stay *s)
{
	if (!*s->ccache || !s->token || !user_become(s))
		return;
	(void)unlink(s->ccache + strlen(SCHEME));
	*s->ccache = '\0';
	if (!RevertToSelf())
		abort();				/* nobody is left who could be told */
}
