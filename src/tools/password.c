/* SPDX-License-Identifier: MIT */
/*
 * password.c - one line, read byte by byte so that no buffer of the C library
 * keeps a copy, and so that the rest of standard input stays where it is.
 */
#include "tools/password.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

static const int caught[] = { SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGTSTP };
#define CAUGHT (sizeof caught / sizeof *caught)

static volatile sig_atomic_t interrupted;

static void
interrupt(int number)
{
	interrupted = number;
}

static const char *
line_take(struct password *p)
{
	size_t len = 0;

	for (;;) {
		char c;
		ssize_t n = read(STDIN_FILENO, &c, 1);

		if (n < 0 && errno == EINTR && !interrupted)
			continue;
		if (n < 0)
			return interrupted ? "interrupted" : strerror(errno);
		if (n == 0 && len == 0)
			return "standard input ended before a password";
		if (n == 0 || c == '\n')
			break;
		if (c == '\0')
			return "a password cannot hold a zero byte";
		if (len == PASSWORD_BYTES)
			return "the password is longer than 256 characters";
		p->text[len++] = c;
	}
	p->text[len] = '\0';
	return NULL;
}

/* The terminal is put back whatever happens; a signal that came is then let in. */
static const char *
ask(struct password *p, const char *prompt)
{
	struct sigaction old[CAUGHT], ours = { .sa_handler = interrupt };
	struct termios before, silent;
	const char *fault;

	if (tcgetattr(STDIN_FILENO, &before) != 0)
		return strerror(errno);
	interrupted = 0;
	sigemptyset(&ours.sa_mask);
	for (size_t i = 0; i < CAUGHT; i++)
		(void)sigaction(caught[i], &ours, &old[i]);
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	silent.c_lflag |= ICANON | ISIG;
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) != 0) {
		fault = strerror(errno);
	} else {
		fputs(prompt, stderr);
		fflush(stderr);
		fault = line_take(p);
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fputc('\n', stderr);
	}
	for (size_t i = 0; i < CAUGHT; i++)
		(void)sigaction(caught[i], &old[i], NULL);
	if (interrupted) {
		explicit_bzero(p, sizeof *p);
		(void)raise(interrupted);
	}
	return fault;
}

static const char *
ask_again(const struct password *first)
{
	struct password again = { .text = "" };
	const char *fault;

	(void)mlock(&again, sizeof again);
	fault = ask(&again, "Once more: ");
	if (!fault && strcmp(first->text, again.text) != 0)
		fault = "the two passwords differ";
	password_drop(&again);
	return fault;
}

/* What came of one that is none does not stay. */
const char *
password_read(struct password *ret_password, const char *prompt, bool twice)
{
	const char *fault;

	(void)mlock(ret_password, sizeof *ret_password);
	fault = isatty(STDIN_FILENO) ? ask(ret_password, prompt) : line_take(ret_password);
	if (!fault && twice && isatty(STDIN_FILENO))
		fault = ask_again(ret_password);
	if (fault)
		password_drop(ret_password);
	return fault;
}

void
password_drop(struct password *password)
{
	explicit_bzero(password, sizeof *password);
	(void)munlock(password, sizeof *password);
}
