/*
 * scenes.h - what is done over and over while memory runs out. A scene does
 * its work through the public functions, cleans up whatever happened, and
 * says how it went.
 */
#ifndef OPENLSA_TESTS_SWEEP_SCENES_H
#define OPENLSA_TESTS_SWEEP_SCENES_H

#include <stdbool.h>

enum outcome {
	DONE,			/* all of it */
	REFUSED,		/* an error said so, and nothing else happened */
	GRANTED,		/* a wrong password got in, or a refusal was expected and did not come */
	WRONG,			/* a success that is none: an output is missing, a message does not open */
	MISLED,			/* the right password, or a good request, was called wrong */
};

struct scene {
	const char *name;
	bool far;			/* the LSA is a daemon */
	bool at_once;			/* from a process that has done nothing yet, besides the runs in a warm one */
	bool alone;			/* it changes what others see: not two at once */
	enum outcome (*run)(void);
	long kept;			/* blocks of a cache that a new process fills only where something failed */
};

extern const struct scene scenes[];
extern const unsigned scene_count;

/* The account that the scenes know; nobody is locked out. False: it could not be made. */
bool scene_accounts(void);

/* Fills what is made bit by bit, and ends with an error of its own: then the same is held after every run. */
void scene_settle(void);

/* scenes_logon.c: what its scenes need, and they. */
bool scene_logon_make(void);
enum outcome scene_logon(void);
enum outcome scene_logon_ticket(void);
enum outcome scene_messages(void);

/* scenes_kerb.c. */
enum outcome scene_user_to_user(void);

enum outcome scene_handshake(void);
enum outcome scene_wrong_password(void);

#endif
