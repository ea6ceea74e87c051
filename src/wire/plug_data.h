/*
 * plug_data.h - the head of the user data of third-party packages, as the LSA
 * writes it and the application reads it.
 *
 *     u32 layout, u8 kind, u8 server, u16 0, u32 granted flags, u64 expiry, sized target (UTF-8), sized bytes of the package
 */
#ifndef OPENLSA_WIRE_PLUG_DATA_H
#define OPENLSA_WIRE_PLUG_DATA_H

#define PLUG_LAYOUT	0x504c5547u

/* What the package's bytes are: ContextData of a leg, or what ExportContext gave. */
enum { PLUG_DATA_FRESH, PLUG_DATA_EXPORTED };

#endif
