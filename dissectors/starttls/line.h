/*
 * Protocols of lines, each ended by CR LF: SMTP, IMAP, POP3, FTP, NNTP, ManageSieve. What they
 * share is here; what a line says in each of them is a pure function of that line, in a
 * `struct line_protocol`.
 */
#ifndef HT_STARTTLS_LINE_H
#define HT_STARTTLS_LINE_H

#include "starttls/upgrade.h"

enum {
    LINE_MAX_BYTES = 4096, /* of a line; longer ones are stepped over */
    LINE_MAX_TAG   = 16    /* of IMAP, that is remembered */
};

/* What a client's line is about. */
enum line_verb {
    LINE_OTHER,
    LINE_CAPABILITIES, /* asks what the server can do */
    LINE_STARTTLS,
    LINE_ANONYMOUS, /* what looks like authentication from here on is none */
    LINE_AUTHENTICATE,
    LINE_CONTENT /* the dialogue is over, content follows */
};

struct line_command {
    enum line_verb verb;
    const char *method;        /* of LINE_AUTHENTICATE, static */
    struct ht_bytes mechanism; /* of LINE_AUTHENTICATE: its name; empty: none */
    struct ht_bytes tag;       /* of IMAP */
    bool overwritten;          /* the command is a row of X */
};

struct line_reply {
    bool known;            /* only a server says this */
    bool last;             /* of an answer */
    bool greets;           /* it may be the first thing that a server says */
    bool lists, ends_list; /* it is one of, and the last of, a list of capabilities */
    bool offers, required; /* it names the upgrade */
    bool overwritten;      /* it names a row of X instead of a capability */
    bool challenges;       /* amid authentication it is a challenge, not what it looks like */
    bool answers;          /* it is one that the request for the upgrade can have */
    enum starttls_verdict verdict; /* where `answers` */
    struct ht_bytes tag;           /* of IMAP; empty in the other protocols */
};

struct line_protocol {
    const char *name; /* static */
    /* Both take a line without its end and set `out` for any bytes. */
    void (*command)(struct ht_bytes line, struct line_command *out);
    void (*reply)(struct ht_bytes line, struct line_reply *out);
};

extern const struct line_protocol smtp_lines, imap_lines, pop3_lines, ftp_lines, nntp_lines,
    sieve_lines;

struct line_state {
    struct starttls_state common;
    bool greeted, greeting; /* the server's first answer was seen; it goes on */
    bool asked;             /* for capabilities */
    bool anonymous;
    bool content;                  /* follows: the dialogue is over */
    bool overlong[2];              /* the line of a side has begun in an earlier PDU */
    struct line_reply list;        /* what the list of capabilities said so far */
    uint32_t authentication_index; /* of the last one among the commands, from 1; 0: it is over */
    uint8_t tag_len;               /* of the request for the upgrade */
    uint8_t tag[LINE_MAX_TAG];
};

/* line_word takes the next word of `rest`, by spaces; empty at its end. */
struct ht_bytes line_word(struct ht_bytes *rest);

/* line_is compares with an upper-case word, without regard to case. */
bool line_is(struct ht_bytes word, const char *upper);

/* line_mechanism is the word if it can be the name of a SASL mechanism (RFC 4422 section 3.1), else
 * empty: what is no name may be a secret. */
struct ht_bytes line_mechanism(struct ht_bytes word);

/* line_is_overwritten: four X or more, the last of which may be another letter: what firewalls put
 * in place of words that they dislike. */
bool line_is_overwritten(struct ht_bytes word);

/* line_code reads a reply's three digits and what follows them, ' ' or '-' (RFC 5321 section
 * 4.2.1, RFC 959 section 4.2); 0 where there are none. */
unsigned line_code(struct ht_bytes line, char *out_separator);

/* What tells a greeting with a number from another protocol's. All lists end with 0 or NULL. */
struct line_greeting {
    unsigned codes[2];
    const char *words[5];  /* in it, in upper case */
    const char *rivals[2]; /* in that of a protocol with the same number */
    uint16_t ports[6], rival_ports[6];
};

/* line_match_greeting answers `match` for a server's first lines. Where neither words nor ports
 * tell, the client's commands will: MORE, or NO where there is no rival. */
enum ht_match line_match_greeting(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                                  const struct line_greeting *greeting);

/* line_frame, line_resync, line_take: see struct ht_dissector, and `pdu`. */
struct ht_frame_size line_frame(const void *state, struct ht_bytes avail, enum ht_side side);
size_t line_resync(struct ht_bytes avail, enum ht_side side);
enum ht_verdict line_take(const struct line_protocol *protocol, struct line_state *state,
                          struct ht_emitter *e, const struct ht_pdu *pdu);

/* line_match_words answers `match` for a line of text: YES where it begins with one of `words`,
 * NULL-terminated, in upper case, and has ended; MORE where it may yet. */
enum ht_match line_match_words(struct ht_bytes head, const char *const *words);

/* line_match_by_port is line_match_words, with `more` words where a server of one of `ports`, 0
 * ending them, is at either end. */
enum ht_match line_match_by_port(struct ht_bytes head, const struct ht_endpoint endpoint[2],
                                 const char *const *words, const uint16_t *ports,
                                 const char *const *more);

/* line_match_either is YES where one of the answers is, else MORE where one is. */
enum ht_match line_match_either(enum ht_match a, enum ht_match b);

#endif
