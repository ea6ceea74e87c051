/*
 * login.c - a program that authenticates by PAM, one step a line of standard
 * input, so that a test can look around between steps:
 *
 *     say TEXT           the answer to a later question; "say" is an empty one
 *     start SERVICE USER
 *     authenticate, account, setcred, open, close, password, expired, end
 *     blank              authenticate, with PAM_DISALLOW_NULL_AUTHTOK
 *     delete             setcred, with PAM_DELETE_CRED
 *     user NAME          PAM_USER from here on
 *     getenv NAME        what PAM's environment says, as if it had been said to the user
 *     real UID           the real uid alone, as in a set-uid program
 *     child              a child that ends its copy of the handle
 *     takeover           closes every socket, and opens others in their place
 *     untouched          whether those are as they were
 *     fail N             from now on the module's N-th request for memory is refused, once
 *     failed             whether that has happened; and it happens no more
 *
 * Each step but say is answered by a line: the step, the result's name, the
 * questions that were asked, and what was said to the user.
 */
#include <errno.h>
#include <link.h>
#include <fcntl.h>
#include <security/pam_appl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char *answers[16];
static unsigned answers_in, answers_out, asked;
static char told[512];
static pam_handle_t *pamh;

static const char *const names[] = {
	"SUCCESS", "OPEN_ERR", "SYMBOL_ERR", "SERVICE_ERR", "SYSTEM_ERR", "BUF_ERR", "PERM_DENIED", "AUTH_ERR",
	"CRED_INSUFFICIENT", "AUTHINFO_UNAVAIL", "USER_UNKNOWN", "MAXTRIES", "NEW_AUTHTOK_REQD", "ACCT_EXPIRED", "SESSION_ERR",
	"CRED_UNAVAIL", "CRED_EXPIRED", "CRED_ERR", "NO_MODULE_DATA", "CONV_ERR", "AUTHTOK_ERR", "AUTHTOK_RECOVERY_ERR",
	"AUTHTOK_LOCK_BUSY", "AUTHTOK_DISABLE_AGING", "TRY_AGAIN", "IGNORE", "ABORT", "AUTHTOK_EXPIRED",
};

static int
converse(int count, const struct pam_message **messages, struct pam_response **ret_responses, void *none)
{
	struct pam_response *r = calloc((size_t)count, sizeof *r);

	(void)none;
	if (!r)
		return PAM_BUF_ERR;
	for (int i = 0; i < count; i++) {
		if (messages[i]->msg_style != PAM_PROMPT_ECHO_OFF && messages[i]->msg_style != PAM_PROMPT_ECHO_ON) {
			snprintf(told, sizeof told, "%s", messages[i]->msg);
			continue;
		}
		asked++;
		if (answers_out == answers_in) {
			free(r);
			return PAM_CONV_ERR;
		}
		r[i].resp = answers[answers_out++];
	}
	*ret_responses = r;
	return PAM_SUCCESS;
}

static void
answers_forget(void)
{
	/* What was given to PAM is PAM's, and wiped by whom it was for. */
	for (; answers_out < answers_in; answers_out++) {
		explicit_bzero(answers[answers_out], strlen(answers[answers_out]));
		free(answers[answers_out]);
	}
	answers_in = answers_out = 0;
}

static void
answer(const char *step, int result)
{
	printf("%s %s %u %s\n", step, result >= 0 && (size_t)result < sizeof names / sizeof *names ? names[result] : "?", asked, told);
	asked = 0;
	*told = 0;
	answers_forget();
}

static int
child(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		(void)pam_close_session(pamh, 0);
		_exit(pam_end(pamh, PAM_SUCCESS | (int)PAM_DATA_SILENT));
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 ? PAM_SUCCESS : PAM_SYSTEM_ERR;
}

/* --- the module's memory -------------------------------------------------------- */

/* This program's malloc and mmap are everybody's; who asks is known by the place that the call returns to. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

static uintptr_t module_from, module_to;
static long fail_in;
static int fail_done;

static int
module_seen(struct dl_phdr_info *info, size_t size, void *none)
{
	(void)size;
	(void)none;
	if (!strstr(info->dlpi_name, "pam_lsa.so"))
		return 0;
	module_from = info->dlpi_addr;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD)
			module_to = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;
	return 1;
}

__attribute__((unused)) static int
refused(const void *caller)
{
	if (!fail_in || (uintptr_t)caller < module_from || (uintptr_t)caller >= module_to || --fail_in)
		return 0;
	fail_done = 1;
	errno = ENOMEM;
	return 1;
}

#ifndef NO_FAULTS			/* a sanitizer has a malloc of its own */
void *
malloc(size_t size)
{
	return refused(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return refused(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
	return refused(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}

void *
mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
	return refused(__builtin_return_address(0)) ? MAP_FAILED :
	    (void *)syscall(SYS_mmap, at, len, prot, flags, fd, offset);
}
#endif

/* --- steps ------------------------------------------------------------------------ */

#define FIRST_FD	3
#define LAST_FD		60

static int other_ends[LAST_FD + 1];

/* As a program may that believes to know all its sockets: each is closed, and another one gets its number. */
static int
takeover(void)
{
	unsigned taken = 0;
	struct stat st;
	int ends[2];

	for (int fd = FIRST_FD; fd <= LAST_FD; fd++) {
		if (fstat(fd, &st) != 0 || !S_ISSOCK(st.st_mode) || other_ends[fd])
			continue;
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0 || dup2(ends[0], fd) != fd || close(ends[0]) != 0)
			return PAM_SYSTEM_ERR;
		other_ends[fd] = fcntl(ends[1], F_DUPFD, LAST_FD + 1);
		close(ends[1]);
		taken++;
	}
	return taken ? PAM_SUCCESS : PAM_SYSTEM_ERR;
}

/* Neither written to, nor shut down, nor closed. */
static int
untouched(void)
{
	char byte;

	for (int fd = FIRST_FD; fd <= LAST_FD; fd++)
		if (other_ends[fd] && (read(other_ends[fd], &byte, 1) >= 0 || errno != EAGAIN))
			return PAM_SYSTEM_ERR;
	return PAM_SUCCESS;
}

static int
step(const char *verb, const char *first, const char *second)
{
	static const struct pam_conv conv = { .conv = converse };

	if (strcmp(verb, "start") == 0)
		return pam_start(first, second, &conv, &pamh);
	if (strcmp(verb, "authenticate") == 0)
		return pam_authenticate(pamh, 0);
	if (strcmp(verb, "blank") == 0)
		return pam_authenticate(pamh, (int)PAM_DISALLOW_NULL_AUTHTOK);
	if (strcmp(verb, "account") == 0)
		return pam_acct_mgmt(pamh, 0);
	if (strcmp(verb, "setcred") == 0)
		return pam_setcred(pamh, PAM_ESTABLISH_CRED);
	if (strcmp(verb, "delete") == 0)
		return pam_setcred(pamh, PAM_DELETE_CRED);
	if (strcmp(verb, "open") == 0)
		return pam_open_session(pamh, 0);
	if (strcmp(verb, "close") == 0)
		return pam_close_session(pamh, 0);
	if (strcmp(verb, "password") == 0)
		return pam_chauthtok(pamh, 0);
	if (strcmp(verb, "expired") == 0)
		return pam_chauthtok(pamh, PAM_CHANGE_EXPIRED_AUTHTOK);
	if (strcmp(verb, "user") == 0)
		return pam_set_item(pamh, PAM_USER, first);
	if (strcmp(verb, "real") == 0)
		return setresuid((uid_t)atoi(first), (uid_t)-1, (uid_t)-1) == 0 ? PAM_SUCCESS : PAM_SYSTEM_ERR;
	if (strcmp(verb, "child") == 0)
		return child();
	if (strcmp(verb, "fail") == 0) {
		fail_done = 0;
		fail_in = dl_iterate_phdr(module_seen, NULL) ? atol(first) : 0;
		return fail_in ? PAM_SUCCESS : PAM_SYSTEM_ERR;
	}
	if (strcmp(verb, "failed") == 0) {
		fail_in = 0;
		return fail_done ? PAM_SUCCESS : PAM_IGNORE;
	}
	if (strcmp(verb, "takeover") == 0)
		return takeover();
	if (strcmp(verb, "untouched") == 0)
		return untouched();
	if (strcmp(verb, "getenv") == 0) {
		const char *value = pam_getenv(pamh, first);

		snprintf(told, sizeof told, "%s", value ? value : "");
		return value ? PAM_SUCCESS : PAM_IGNORE;
	}
	if (strcmp(verb, "end") == 0)
		return pam_end(pamh, PAM_SUCCESS);
	return PAM_ABORT;
}

int
main(void)
{
	char line[2048];

	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0);		/* no copy of an answer stays in its buffer */
	while (fgets(line, sizeof line, stdin)) {
		char *first, *second;

		line[strcspn(line, "\n")] = 0;
		first = strchr(line, ' ');
		if (first)
			*first++ = 0;
		if (strcmp(line, "say") == 0) {
			if (answers_in < sizeof answers / sizeof *answers)
				answers[answers_in++] = strdup(first ? first : "");
			explicit_bzero(line, sizeof line);
			continue;
		}
		second = strcmp(line, "start") == 0 && first ? strchr(first, ' ') : NULL;
		if (second)
			*second++ = 0;
		answer(line, step(line, first ? first : "", second ? second : ""));
	}
	return 0;
}
