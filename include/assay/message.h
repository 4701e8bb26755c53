/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Messages and their parts.
 *
 * A message is built once, from bytes or from pieces as a milter delivers
 * them, then finished; after that its bytes do not change. Parts point into
 * the message: nothing is copied to walk the MIME tree. Two renditions exist,
 * made when first asked for:
 *
 *   canonical  un-stuffed, CRLF as received, with the header edits of policy
 *   wire       the received message with SMTP dot-stuffing, without edits and
 *              without the terminating "." line
 *
 * A message belongs to one session at a time; calls on it are not serialised.
 * Message bytes are never NUL-terminated: everything is pointer and length.
 */
#ifndef ASSAY_MESSAGE_H
#define ASSAY_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <assay/error.h>
#include <assay/export.h>

typedef struct assay_message assay_message;
typedef struct assay_part assay_part;
typedef struct assay_context assay_context;

/** Borrowed bytes. */
typedef struct assay_bytes {
    const char *data;
    size_t len;
} assay_bytes;

/** Limits on what comes from outside; 0 in a member means its default. */
typedef struct assay_message_limits {
    size_t max_message_bytes; /**< default 512 MiB */
    size_t max_header_bytes;  /**< of one header block; default 1 MiB */
    uint32_t max_headers;     /**< of one header block; default 10000 */
    uint32_t max_parts;       /**< of the MIME tree; default 10000 */
    uint32_t max_depth;       /**< of the MIME tree; default 100 */
    size_t max_decoded_bytes; /**< of one decoded part; default 512 MiB */
} assay_message_limits;

/* ---- building ---------------------------------------------------------- */

/**
 * A new, empty message.
 *
 * @param limits   borrowed for the call; NULL: defaults
 * @param out      set on ASSAY_OK; free with assay_message_free()
 * @return ASSAY_OK; ASSAY_E_NOMEM
 */
ASSAY_API assay_rc assay_message_new(const assay_message_limits *limits,
                                     assay_message **out,
                                     assay_error *err) ASSAY_MUST_CHECK;

/**
 * A finished message over bytes that somebody else owns (no copy).
 *
 * @param data  must stay valid and unchanged until assay_message_free()
 * @return ASSAY_OK; ASSAY_E_NOMEM; ASSAY_E_LIMIT over max_message_bytes
 */
ASSAY_API assay_rc assay_message_new_borrowed(
    const void *data, size_t len, const assay_message_limits *limits,
    assay_message **out, assay_error *err) ASSAY_MUST_CHECK;

/**
 * Build an empty message over bytes that somebody else owns (no copy): for a
 * host that has the whole message in one buffer. Nothing can be appended; it
 * is finished as any other.
 *
 * @param data     stays valid and unchanged until the message is freed, which
 *                 for that of a session is at the reset, the next mailfrom or
 *                 the close, and when it is closed in a phase, at its end
 * @param release  called once with @arg when the bytes are not needed any
 *                 more, in whatever thread that is; never unless ASSAY_OK is
 *                 returned; may be NULL
 * @return ASSAY_OK; ASSAY_E_STATE it is not empty; ASSAY_E_LIMIT over
 *         max_message_bytes, ASSAY_E_INVAL bytes at NULL, and then the message
 *         cannot be finished
 */
ASSAY_API assay_rc assay_message_borrow(assay_message *message,
                                        const void *data, size_t len,
                                        void (*release)(void *arg), void *arg,
                                        assay_error *err) ASSAY_MUST_CHECK;

/** Accepts NULL and unfinished messages; sets *message to NULL. */
ASSAY_API void assay_message_free(assay_message **message);

/**
 * Append raw bytes: header lines, the empty line, body; any split.
 *
 * After assay_message_append_header() the bytes are the body: the empty line
 * that a milter does not deliver is put before the first of them (or by
 * assay_message_finish() when there is no body). A failed append is final:
 * everything after it, assay_message_finish() too, fails with the same code,
 * so that no message with a hole in it is taken for whole.
 *
 * @param data  copied; may be NULL when len is 0
 * @return ASSAY_OK; ASSAY_E_NOMEM; ASSAY_E_LIMIT; ASSAY_E_STATE if finished;
 *         ASSAY_E_INVAL bytes at NULL
 */
ASSAY_API assay_rc assay_message_append(assay_message *message,
                                        const void *data, size_t len,
                                        assay_error *err) ASSAY_MUST_CHECK;

/**
 * As assay_message_append(), for text whose lines may end with LF alone, as
 * in the spool of an MTA: each LF without CR becomes CRLF, over any split.
 */
ASSAY_API assay_rc assay_message_append_text(assay_message *message,
                                             const void *data, size_t len,
                                             assay_error *err) ASSAY_MUST_CHECK;

/**
 * Append what a file has from an offset to its end, read with pread(): its
 * position does not move. The bytes are copied, so whoever else has the file
 * may change or cut it afterwards; reading one that becomes shorter meanwhile,
 * or has more than its size says, fails, and so does the message then.
 *
 * @param fd      a regular file or memfd, open for reading; borrowed
 * @param offset  bytes; one past the end is ASSAY_E_INVAL
 * @param flags   0 or ASSAY_MESSAGE_LF
 * @return as assay_message_append(); ASSAY_E_INVAL also for something that is
 *         no file; ASSAY_E_IO
 * Blocks: on the file.
 */
ASSAY_API assay_rc assay_message_append_fd(assay_message *message, int fd,
                                           uint64_t offset, uint32_t flags,
                                           assay_error *err) ASSAY_MUST_CHECK;

enum {
    ASSAY_MESSAGE_LF = 1u << 0 /**< as assay_message_append_text() */
};

/**
 * Append one header as a milter delivers it under SMFIP_HDR_LEADSPC:
 * `name ":" value CRLF`; each LF or CRLF that folds becomes CRLF.
 *
 * Nothing in it can end the header block: a CR or LF that does not fold, or
 * makes a line of blanks, becomes a space; a byte of the name that is none of
 * RFC 5322 becomes `?`.
 * @return as assay_message_append(); ASSAY_E_STATE also after it;
 *         ASSAY_E_INVAL for a missing name or value
 */
ASSAY_API assay_rc assay_message_append_header(
    assay_message *message, const char *name, const char *value,
    assay_error *err) ASSAY_MUST_CHECK;

/**
 * No more bytes follow. An empty message is allowed.
 * @return ASSAY_OK; ASSAY_E_STATE when called twice; the code of the append
 *         that failed
 */
ASSAY_API assay_rc assay_message_finish(assay_message *message,
                                        assay_error *err) ASSAY_MUST_CHECK;

/* ---- bytes ------------------------------------------------------------- */

typedef enum assay_rendition {
    ASSAY_RENDITION_RECEIVED, /**< un-stuffed, no edits: as it was built */
    ASSAY_RENDITION_CANONICAL,
    ASSAY_RENDITION_WIRE
} assay_rendition;

/**
 * The bytes of a rendition, made on first use and kept with the message.
 * Without edits CANONICAL is RECEIVED; without lines that begin with a dot
 * WIRE is RECEIVED: then no copy is made.
 *
 * @param bytes_out  borrowed until the message is edited or freed
 * @return ASSAY_OK; ASSAY_E_NOMEM; ASSAY_E_STATE if not finished
 */
ASSAY_API assay_rc assay_message_bytes(assay_message *message,
                                       assay_rendition rendition,
                                       assay_bytes *bytes_out,
                                       assay_error *err) ASSAY_MUST_CHECK;

/** Size of the received bytes so far. */
ASSAY_API size_t assay_message_size(const assay_message *message);

/* ---- envelope, identity, contexts -------------------------------------- */

/** Replaces the sender; text is copied. "" is the null sender. */
ASSAY_API assay_rc assay_message_set_sender(assay_message *message,
                                            const char *address,
                                            assay_error *err) ASSAY_MUST_CHECK;
/** Never NULL ("" when none was set); borrowed until changed. */
ASSAY_API const char *assay_message_sender(const assay_message *message);

/** Copies the text.
 *  @return ASSAY_OK; ASSAY_E_NOMEM; ASSAY_E_LIMIT over 100000 recipients */
ASSAY_API assay_rc
assay_message_add_recipient(assay_message *message, const char *address,
                            assay_error *err) ASSAY_MUST_CHECK;
ASSAY_API size_t assay_message_recipient_count(const assay_message *message);
/** Borrowed; NULL past the end. */
ASSAY_API const char *assay_message_recipient(const assay_message *message,
                                              size_t index);

/** The queue id of the MTA, "" until known. Text is copied, cut at 127. */
ASSAY_API void assay_message_set_id(assay_message *message, const char *id);
ASSAY_API const char *assay_message_id(const assay_message *message);

/** VCTX_MESS: strings that live as long as the message; borrowed. */
ASSAY_API assay_context *assay_message_context(assay_message *message);

/* ---- string dictionaries (VCTX_CONN, VCTX_MESS) ------------------------ */

/** Values are strings; keys compare exactly; not serialised. */
ASSAY_API assay_rc assay_context_new(assay_context **out,
                                     assay_error *err) ASSAY_MUST_CHECK;
ASSAY_API void assay_context_free(assay_context **context);
/** NULL when absent; borrowed until the key is set or deleted. */
ASSAY_API const char *assay_context_get(const assay_context *context,
                                        const char *key);
/** Copies both. @return ASSAY_OK; ASSAY_E_NOMEM; ASSAY_E_INVAL NULL or "" key,
 *  NULL value; ASSAY_E_LIMIT over 10000 keys, a key or value over 1 MiB */
ASSAY_API assay_rc assay_context_set(assay_context *context, const char *key,
                                     const char *value,
                                     assay_error *err) ASSAY_MUST_CHECK;
/** @return true if the key was there */
ASSAY_API bool assay_context_delete(assay_context *context, const char *key);
/** Keys in order of insertion; NULL past the end. Values likewise. */
ASSAY_API const char *assay_context_key(const assay_context *context,
                                        size_t index);

/* ---- parts ------------------------------------------------------------- */

typedef enum assay_encoding {
    ASSAY_ENCODING_7BIT,
    ASSAY_ENCODING_8BIT,
    ASSAY_ENCODING_BINARY,
    ASSAY_ENCODING_BASE64,
    ASSAY_ENCODING_QUOTED_PRINTABLE,
    ASSAY_ENCODING_UUENCODE,
    ASSAY_ENCODING_UNKNOWN /**< a word we do not know; taken as it stands */
} assay_encoding;

/** What a part's headers say; strings are owned by the message. */
typedef struct assay_part_info {
    const char *media_type; /**< lower case "type/subtype"; never NULL; what
                                 has no valid type, and a multipart without
                                 boundary, is "text/plain" */
    const char *charset;    /**< lower case; NULL when absent */
    const char *boundary;   /**< NULL when absent */
    const char *file_name;  /**< UTF-8; Content-Disposition beats the name
                                 parameter; RFC 2231 and RFC 2047 decoded;
                                 NULL when absent */
    bool is_attachment;     /**< true iff a file name is present */
    bool is_container;      /**< multipart, or message/rfc822 and
                                 message/global when not encoded */
    assay_encoding encoding;
    assay_bytes header; /**< the header block, in the received bytes, without
                             the empty line */
    assay_bytes body;   /**< the encoded body, in the received bytes; of a
                             container: with everything in it */
    uint32_t depth;     /**< 0 for the top part */
} assay_part_info;

/**
 * The top part of the MIME tree; the tree is walked on first use.
 *
 * @param part_out  borrowed, as every part: valid until the message is freed
 * @return ASSAY_OK; ASSAY_E_NOMEM; ASSAY_E_STATE if not finished
 */
ASSAY_API assay_rc assay_message_root(assay_message *message,
                                      assay_part **part_out,
                                      assay_error *err) ASSAY_MUST_CHECK;

/** ASSAY_LIMIT_* bits that ended the walk early; 0 when the tree is whole.
 *  The parts that were open then reach to the end of the message. */
ASSAY_API uint32_t assay_message_tree_limits(const assay_message *message);
/** Number of parts in the tree; 0 before assay_message_root(). */
ASSAY_API uint32_t assay_message_part_count(const assay_message *message);

/** Tree steps; NULL at the end. Never recursive. */
ASSAY_API assay_part *assay_part_first_child(const assay_part *part);
ASSAY_API assay_part *assay_part_next(const assay_part *part);
ASSAY_API assay_part *assay_part_parent(const assay_part *part);
/** Depth-first successor over the whole tree. */
ASSAY_API assay_part *assay_part_thread(const assay_part *part);
/** The message a part belongs to; never NULL. */
ASSAY_API assay_message *assay_part_message(const assay_part *part);

/** @param info_out  strings and bytes borrowed until the message is freed */
ASSAY_API void assay_part_get_info(const assay_part *part,
                                   assay_part_info *info_out);

/**
 * The index-th header of a name, without case, as it stands (folded).
 * @return true and *value_out (leading space kept, no final line end), or
 *         false when there are not so many
 */
ASSAY_API bool assay_part_header(const assay_part *part, const char *name,
                                 size_t index, assay_bytes *value_out);

/**
 * Undo the transfer encoding of a leaf, the tolerant way mail programs do.
 * A uuencode part without a `begin` line is its text as it stands.
 *
 * @param data_out    identity encodings: borrowed from the message; others:
 *                    decoded once and kept until the message is freed
 * @param defects_out may be NULL: number of characters that are no legal
 *                    part of the encoding
 * @return ASSAY_OK; ASSAY_E_INVAL for a container; ASSAY_E_NOMEM;
 *         ASSAY_E_LIMIT over max_decoded_bytes
 */
ASSAY_API assay_rc assay_part_decode(assay_part *part, assay_bytes *data_out,
                                     size_t *defects_out,
                                     assay_error *err) ASSAY_MUST_CHECK;

/**
 * Unfold a header value and decode its RFC 2047 encoded-words to UTF-8; white
 * space around it is cut.
 *
 * Undecodable words stay as they are; bytes that are not UTF-8, and NUL,
 * become U+FFFD.
 * @param out  set on ASSAY_OK to a NUL-terminated string; free() it
 * @return ASSAY_OK; ASSAY_E_NOMEM
 */
ASSAY_API assay_rc assay_header_decode(assay_bytes value, char **out,
                                       assay_error *err) ASSAY_MUST_CHECK;

/* ---- edits ------------------------------------------------------------- */

typedef enum assay_edit_kind {
    ASSAY_EDIT_APPEND,  /**< add as last header */
    ASSAY_EDIT_PREPEND, /**< add as first header */
    ASSAY_EDIT_REPLACE, /**< the first of that name gets the value, others of
                             that name go; added when there is none */
    ASSAY_EDIT_DELETE   /**< all of that name go */
} assay_edit_kind;

/** A change that policy made; the host carries it out on the MTA. */
typedef struct assay_edit {
    assay_edit_kind kind;
    const char *name;
    const char *value; /**< "" for DELETE; no CR or LF but in folds */
} assay_edit;

/**
 * Record a header edit; the canonical rendition shows it at once.
 * @param name   copied
 * @param value  copied; may be NULL for DELETE. A line end in it must fold: a
 *               blank follows, and the line has more than blanks
 * @return ASSAY_OK; ASSAY_E_NOMEM; ASSAY_E_INVAL for a name that is no
 *         RFC 5322 field name or a value that would end the header;
 *         ASSAY_E_LIMIT over 1000 edits
 */
ASSAY_API assay_rc assay_message_edit(assay_message *message,
                                      assay_edit_kind kind, const char *name,
                                      const char *value,
                                      assay_error *err) ASSAY_MUST_CHECK;
/** Edits in the order made; NULL past the end; borrowed. */
ASSAY_API const assay_edit *assay_message_edit_at(const assay_message *message,
                                                  size_t index);
/** Like assay_part_header() on the top part, but with the edits applied.
 *  @return ASSAY_OK; ASSAY_E_NOTFOUND past the last; ASSAY_E_NOMEM;
 *          ASSAY_E_STATE */
ASSAY_API assay_rc assay_message_header(assay_message *message,
                                        const char *name, size_t index,
                                        assay_bytes *value_out,
                                        assay_error *err) ASSAY_MUST_CHECK;

#endif
