/*
 * nt.h - Windows' status type and names as the house uses them: inside,
 * every fallible function returns an NTSTATUS, or a SEC_* where the protocol
 * has a name of its own; the two number spaces do not meet.
 */
#ifndef OPENLSA_BASE_NT_H
#define OPENLSA_BASE_NT_H

#include <ntdef.h>
#include <ntstatus.h>
#include <winerror.h>

#endif
