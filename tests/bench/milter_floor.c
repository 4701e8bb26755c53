/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * milter_floor: a libmilter host that accepts everything and does nothing,
 * with no answer to any step but the last: what no milter can be faster than.
 *
 * Usage: milter_floor SOCKET
 */
#include <stdio.h>
#include <stdlib.h>

#include <libmilter/mfapi.h>

/* NOLINTNEXTLINE(readability-function-size): libmilter's signature */
static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions,
                             unsigned long steps, unsigned long reserved2,
                             unsigned long reserved3,
                             unsigned long *actions_out,
                             unsigned long *steps_out,
                             unsigned long *reserved2_out,
                             unsigned long *reserved3_out)
{
    (void)ctx;
    (void)reserved2;
    (void)reserved3;
    *actions_out = actions & (SMFIF_ADDHDRS | SMFIF_CHGHDRS);
    *steps_out |= steps & (SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL |
                           SMFIP_NR_RCPT | SMFIP_NR_HDR | SMFIP_NR_EOH |
                           SMFIP_NR_BODY | SMFIP_HDR_LEADSPC);
    *reserved2_out = 0;
    *reserved3_out = 0;
    return SMFIS_CONTINUE;
}

/* NOLINTBEGIN(readability-non-const-parameter): libmilter's signatures */
static sfsistat on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *address)
{
    (void)ctx;
    (void)host;
    (void)address;
    return SMFIS_NOREPLY;
}

static sfsistat on_text(SMFICTX *ctx, char *text)
{
    (void)ctx;
    (void)text;
    return SMFIS_NOREPLY;
}

static sfsistat on_arguments(SMFICTX *ctx, char **argv)
{
    (void)ctx;
    (void)argv;
    return SMFIS_NOREPLY;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
    (void)ctx;
    (void)name;
    (void)value;
    return SMFIS_NOREPLY;
}

static sfsistat on_eoh(SMFICTX *ctx)
{
    (void)ctx;
    return SMFIS_NOREPLY;
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *chunk, size_t len)
{
    (void)ctx;
    (void)chunk;
    (void)len;
    return SMFIS_NOREPLY;
}

/* NOLINTEND(readability-non-const-parameter) */

static sfsistat on_end(SMFICTX *ctx)
{
    (void)ctx;
    return SMFIS_CONTINUE;
}

int main(int argc, char **argv)
{
    static char name[] = "milter_floor";
    const struct smfiDesc desc = {
        .xxfi_name = name,
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS,
        .xxfi_connect = on_connect,
        .xxfi_helo = on_text,
        .xxfi_envfrom = on_arguments,
        .xxfi_envrcpt = on_arguments,
        .xxfi_header = on_header,
        .xxfi_eoh = on_eoh,
        .xxfi_body = on_body,
        .xxfi_eom = on_end,
        .xxfi_negotiate = on_negotiate,
    };

    if (argc != 2) {
        (void)fputs("Usage: milter_floor SOCKET\n", stderr);
        return 64;
    }
    if (smfi_setconn(argv[1]) != MI_SUCCESS ||
        smfi_register(desc) != MI_SUCCESS || smfi_opensocket(1) != MI_SUCCESS) {
        (void)fputs("milter_floor: the socket cannot be opened\n", stderr);
        return 1;
    }
    return smfi_main() == MI_SUCCESS ? 0 : 1;
}
