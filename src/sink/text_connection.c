#include "sink/text_connection.h"

#include "base/time.h"

enum {
    MARGIN      = 2,  /* columns before what belongs to the first line */
    HANGING     = 4,  /* columns before what is folded */
    TIME_WIDTH  = 9,  /* "-999.9 ms" */
    MAX_TITLE   = 22, /* columns; a longer title pushes its values */
    MIN_VALUES  = 24, /* columns for values; where fewer are left, folds hang further left */
    MICROSECOND = 6   /* decimals */
};

static void put_styled(struct ht_text *room, struct ht_fold *lines, size_t gap, enum ht_style style,
                       const char *word)
{
    ht_text_styled(room, style, word);
    ht_text_put(room, lines, gap);
}

/* "10.0.0.5:51514 → 93.184.216.34:443  www.example.com  TLS 1.2  …" */
static void put_parties(struct ht_text *room, struct ht_fold *lines, const struct ht_connection *c,
                        size_t gap)
{
    const struct ht_party *parties[] = {c->client, c->server};
    for (size_t i = 0; i < HT_ARRAY_LEN(parties); i++) {
        ht_text_style(room, HT_BOLD);
        if (parties[i] != NULL) {
            ht_text_endpoint(room, &parties[i]->ip, parties[i]->port);
        }
        ht_text_styled(room, HT_PLAIN, i == 0 ? " →" : "");
        ht_text_put(room, lines, i == 0 ? gap : 1);
    }
    if (c->server_name.len > 0) {
        ht_text_style(room, HT_CYAN);
        ht_text_safe(room, c->server_name);
        ht_text_style(room, HT_PLAIN);
        ht_text_put(room, lines, HT_TEXT_GAP);
    }
}

/* What was seen, and not only what came of it. */
static bool has_headline(const struct ht_any *any)
{
    bool has = false;
    for (size_t i = 0; any->type != NULL && i < any->type->num_fields && !has; i++) {
        const struct ht_field *field = &any->type->fields[i];
        bool seen                    = (field->flags & (HT_HEADLINE | HT_DERIVED)) == HT_HEADLINE;
        has = seen && field->label != NULL && ht_field_present(field, any->object);
    }
    return has;
}

static void put_headlines_of(struct ht_text *room, struct ht_fold *lines, const struct ht_any *any)
{
    for (size_t i = 0; any->type != NULL && i < any->type->num_fields; i++) {
        if ((any->type->fields[i].flags & HT_HEADLINE) != 0) {
            ht_text_unit(room, &any->type->fields[i], any->object);
            ht_text_put(room, lines, HT_TEXT_GAP);
        }
    }
}

/* What was negotiated, as the headlines of what carries it and of the details say it; where nothing
 * was, the protocol's name comes before what they say of that. */
static void put_headline(struct ht_text *room, struct ht_fold *lines, const struct ht_connection *c)
{
    bool any = has_headline(&c->details);
    for (size_t i = 0; i < HT_MAX_CARRIERS; i++) {
        any |= has_headline(&c->carriers[i]);
    }
    if (!any) {
        ht_text_safe(room, c->protocol.len > 0 || c->transport == NULL ? c->protocol
                                                                       : ht_text(c->transport));
        ht_text_put(room, lines, HT_TEXT_GAP);
    }
    for (size_t i = 0; i < HT_MAX_CARRIERS; i++) {
        put_headlines_of(room, lines, &c->carriers[i]);
    }
    put_headlines_of(room, lines, &c->details);
}

/* Facts of the second line stand after a middle dot. */
static void put_fact(struct ht_text *room, struct ht_fold *lines)
{
    if (room->out.len > 0) {
        ht_text_style(room, HT_PLAIN);
        ht_text_put(room, lines, 1);
    }
}

static void begin_fact(struct ht_text *room)
{
    ht_text_style(room, HT_DIM);
    ht_chars_add_text(&room->out, "· ");
}

static void put_traffic(struct ht_text *room, struct ht_fold *lines, const char *arrow,
                        const struct ht_party *party)
{
    if (party == NULL) {
        return;
    }
    begin_fact(room);
    ht_chars_add_text(&room->out, arrow);
    ht_chars_add_char(&room->out, ' ');
    ht_chars_add_uint(&room->out, party->packets, 1);
    ht_chars_add_text(&room->out, party->packets == 1 ? " packet, " : " packets, ");
    ht_text_size(room, party->bytes);
    put_fact(room, lines);
}

/* Who closed by FIN is not always who sent a RST after it. */
static bool is_reset_later(const struct ht_tcp_summary *tcp)
{
    return tcp->close != NULL && strcmp(tcp->state, "reset") == 0 && strcmp(tcp->close, "fin") == 0;
}

/* "closed by server, then reset". What TCP calls established is no word for a connection in which
 * TLS may not be. */
static void add_state(struct ht_text *room, const struct ht_tcp_summary *tcp)
{
    bool later = is_reset_later(tcp), open = strcmp(tcp->state, "established") == 0;
    ht_text_words(room, later ? "closed" : open ? "still open" : tcp->state);
    if (tcp->closed_by != NULL) {
        ht_chars_add_text(&room->out, " by ");
        ht_text_words(room, tcp->closed_by);
    }
    ht_chars_add_text(&room->out, later ? ", then reset" : "");
    if (tcp->midstream) {
        ht_chars_add_text(&room->out, ", begun before the capture");
    }
}

static void put_tcp(struct ht_text *room, struct ht_fold *lines, const struct ht_tcp_summary *tcp)
{
    if (tcp->state != NULL) {
        begin_fact(room);
        add_state(room, tcp);
        put_fact(room, lines);
    }
    if (tcp->rtt_ns > 0) {
        begin_fact(room);
        ht_chars_add_text(&room->out, "rtt ");
        ht_text_duration(room, (int64_t)tcp->rtt_ns);
        put_fact(room, lines);
    }
}

static void put_timing(struct ht_text *room, struct ht_fold *lines, const struct ht_timing *timing)
{
    if (timing->handshake_ns > 0) {
        begin_fact(room);
        ht_chars_add_text(&room->out, "handshake ");
        ht_text_duration(room, (int64_t)timing->handshake_ns);
        put_fact(room, lines);
    }
}

static void put_resolution(struct ht_text *room, struct ht_fold *lines,
                           const struct ht_resolution *dns)
{
    if (dns->verdict == NULL) {
        return;
    }
    begin_fact(room);
    ht_chars_add_text(&room->out, "dns ");
    ht_text_words(room, dns->verdict);
    if (dns->answer_frame != 0) {
        ht_chars_add_text(&room->out, ", ");
        ht_text_duration(room, (int64_t)dns->age_ns);
        ht_chars_add_text(&room->out, " old");
    }
    put_fact(room, lines);
}

/* The folders are in the record; the line has room for the name. */
static struct ht_bytes file_name(struct ht_bytes path)
{
    const uint8_t *slash = path.len > 0 ? memrchr(path.ptr, '/', path.len) : NULL;
    return slash != NULL ? ht_bytes_from(path, (size_t)(slash - path.ptr) + 1) : path;
}

/* "vlan 12", "vxlan 42 192.0.2.1 → 192.0.2.2" */
static void put_layer(struct ht_text *room, struct ht_fold *lines,
                      const struct ht_encapsulation *layer)
{
    char address[HT_ADDRESS_TEXT_MAX];
    begin_fact(room);
    ht_text_words(room, layer->type != NULL ? layer->type : "tunnel");
    if (layer->id != 0) {
        ht_chars_add_char(&room->out, ' ');
        ht_chars_add_uint(&room->out, layer->id - 1, 1);
    }
    if (layer->source != NULL && layer->destination != NULL) {
        ht_chars_add_char(&room->out, ' ');
        ht_chars_add_text(&room->out, ht_address_print(address, &layer->source->ip));
        ht_chars_add_text(&room->out, " → ");
        ht_chars_add_text(&room->out, ht_address_print(address, &layer->destination->ip));
    }
    put_fact(room, lines);
}

/* "dot by port" */
static void put_encrypted_dns(struct ht_text *room, struct ht_fold *lines,
                              const struct ht_encrypted_dns *dns)
{
    begin_fact(room);
    ht_text_words(room, dns->protocol);
    ht_chars_add_text(&room->out, " by ");
    ht_text_words(room, dns->judged_by);
    put_fact(room, lines);
}

static void put_surroundings(struct ht_text *room, struct ht_fold *lines,
                             const struct ht_connection *c)
{
    if (c->encrypted_dns != NULL) {
        put_encrypted_dns(room, lines, c->encrypted_dns);
    }
    if (c->app != NULL && c->app->name != NULL) {
        begin_fact(room);
        ht_text_safe(room, ht_text(c->app->name));
        if (c->app->category != NULL) {
            ht_chars_add_char(&room->out, '/');
            ht_text_safe(room, ht_text(c->app->category));
        }
        put_fact(room, lines);
    }
    const struct ht_encapsulation *layers = c->encapsulation.items;
    for (size_t i = 0; i < c->encapsulation.len; i++) {
        put_layer(room, lines, &layers[i]);
    }
    if (c->source.len > 0) {
        begin_fact(room);
        ht_text_safe(room, file_name(c->source));
        put_fact(room, lines);
    }
    if (c->id.len > 0) {
        begin_fact(room);
        ht_text_safe(room, c->id);
        put_fact(room, lines);
    }
}

/* "2023-03-06 04:01:06.770821 UTC · 13.789 s · → 12 packets, 993 B · …" */
static void put_facts(struct ht_text *room, struct ht_fold *lines, const struct ht_connection *c)
{
    ht_fold_pad(lines, MARGIN);
    ht_text_style(room, HT_DIM);
    ht_text_time(room, c->start_ns, MICROSECOND);
    ht_chars_add_text(&room->out, " UTC");
    put_fact(room, lines);
    begin_fact(room);
    ht_text_duration(room, (int64_t)c->duration_ns);
    put_fact(room, lines);
    put_traffic(room, lines, "→", c->client);
    put_traffic(room, lines, "←", c->server);
    if (c->tcp != NULL) {
        put_tcp(room, lines, c->tcp);
    }
    if (c->timing != NULL) {
        put_timing(room, lines, c->timing);
    }
    if (c->dns != NULL) {
        put_resolution(room, lines, c->dns);
    }
    put_surroundings(room, lines, c);
    ht_fold_end(lines);
}

/* The columns of the timeline, as wide as this connection needs them. */
struct columns {
    size_t frame;  /* width of the number */
    size_t values; /* where values begin */
    size_t indent; /* where folded values go on */
};

static const char *title_of(const struct ht_timeline_entry *entry)
{
    if (entry->type != NULL && entry->type->title != NULL) {
        return entry->type->title;
    }
    return entry->event != NULL ? entry->event : "?";
}

static size_t digits_of(uint64_t value)
{
    size_t digits = 1;
    for (; value >= 10; value /= 10) {
        digits++;
    }
    return digits;
}

static struct columns columns_of(const struct ht_connection *c, size_t width)
{
    const struct ht_timeline_entry *entries = c->timeline.items;
    struct columns columns                  = {.frame = 1};
    size_t title                            = 1;
    for (size_t i = 0; i < c->timeline.len; i++) {
        size_t len    = ht_fold_width(ht_text(title_of(&entries[i])));
        size_t digits = digits_of(entries[i].frame);
        title         = len > title && len <= MAX_TITLE ? len : title;
        columns.frame = digits > columns.frame ? digits : columns.frame;
    }
    size_t titles  = MARGIN + TIME_WIDTH + 2 + columns.frame + 2 + 1 + 2;
    columns.values = titles + title + HT_TEXT_GAP;
    bool narrow    = width > 0 && columns.values + MIN_VALUES > width;
    columns.indent = narrow ? HANGING : columns.values;
    return columns;
}

static void put_right(struct ht_text *room, struct ht_fold *lines, size_t width)
{
    size_t own = ht_fold_width(ht_chars_view(&room->out));
    ht_fold_pad(lines, lines->column + (own < width ? width - own : 0));
    ht_fold_put(lines, ht_chars_view(&room->out));
    room->out.len = 0;
}

/* Time, frame, direction and title. */
static void put_entry_head(struct ht_text *room, struct ht_fold *lines,
                           const struct ht_timeline_entry *entry, const struct columns *columns)
{
    bool absent    = entry->absent != NULL;
    bool to_client = entry->from != NULL && strcmp(entry->from, "server") == 0;
    ht_fold_pad(lines, MARGIN);
    ht_text_style(room, HT_DIM);
    if (!absent) {
        ht_text_duration(room, entry->t_ns);
    }
    put_right(room, lines, TIME_WIDTH);
    ht_fold_pad(lines, lines->column + 2);
    if (entry->frame != 0) {
        ht_chars_add_uint(&room->out, entry->frame, 1);
    } else {
        ht_chars_add_text(&room->out, "–");
    }
    put_right(room, lines, columns->frame);
    ht_text_style(room, HT_PLAIN);
    ht_chars_add_text(&room->out, to_client ? "  ←  " : "  →  ");
    ht_text_styled(room, absent ? HT_DIM : HT_BOLD, title_of(entry));
    ht_fold_put(lines, ht_chars_view(&room->out));
    room->out.len = 0;
}

/* What is to be said of the entry beside its values. */
static void put_marks(struct ht_text *room, struct ht_fold *lines,
                      const struct ht_timeline_entry *entry, size_t *gap)
{
    const struct {
        bool set;
        enum ht_style style;
        const char *word;
    } marks[] = {
        {entry->malformed, HT_RED, "malformed"},      {entry->verified == 1, HT_RED, "refuted"},
        {entry->verified == 2, HT_GREEN, "verified"}, {entry->partial, HT_YELLOW, "partial"},
        {entry->encrypted, HT_DIM, "encrypted"},      {entry->decrypted, HT_DIM, "decrypted"},
        {entry->inferred, HT_DIM, "inferred"}};
    for (size_t i = 0; i < HT_ARRAY_LEN(marks); i++) {
        if (marks[i].set) {
            put_styled(room, lines, *gap, marks[i].style, marks[i].word);
            *gap = HT_TEXT_GAP;
        }
    }
    if (entry->absent != NULL) {
        ht_text_style(room, HT_DIM);
        ht_chars_add_text(&room->out, "absent: ");
        ht_text_words(room, entry->absent);
        ht_text_style(room, HT_PLAIN);
        ht_text_put(room, lines, *gap);
    }
}

/* What a field tells in place of an empty one is not known of an object whose end was not seen, or
 * not understood. */
static bool is_guess(const struct ht_timeline_entry *entry, const struct ht_field *field)
{
    return (entry->partial || entry->malformed) && field->unless != 0 &&
           (field->flags & HT_UNLESS) == 0;
}

static void put_entry(struct ht_text *room, struct ht_fold *lines,
                      const struct ht_timeline_entry *entry, const struct columns *columns)
{
    lines->indent = columns->indent;
    put_entry_head(room, lines, entry, columns);
    size_t gap = columns->values > lines->column + HT_TEXT_GAP ? columns->values - lines->column
                                                               : HT_TEXT_GAP;
    put_marks(room, lines, entry, &gap);
    const struct ht_struct *type =
        entry->type != NULL && entry->object != NULL ? entry->type->data : entry->data.type;
    const void *object = entry->object != NULL ? entry->object : entry->data.object;
    for (size_t i = 0; type != NULL && object != NULL && i < type->num_fields; i++) {
        if (!is_guess(entry, &type->fields[i])) {
            ht_text_unit(room, &type->fields[i], object);
        }
        if (room->out.len > 0) {
            ht_text_put(room, lines, gap);
            gap = HT_TEXT_GAP;
        }
    }
    ht_fold_end(lines);
}

static enum ht_style style_of_severity(const char *severity)
{
    if (strcmp(severity, "critical") == 0 || strcmp(severity, "high") == 0) {
        return HT_RED;
    }
    return strcmp(severity, "medium") == 0 ? HT_YELLOW : HT_CYAN;
}

static void put_frames(struct ht_text *room, struct ht_fold *lines, struct ht_uints frames)
{
    enum { MAX_FRAMES = 5 };
    for (size_t i = 0; i < frames.len && i < MAX_FRAMES; i++) {
        ht_text_style(room, HT_DIM);
        ht_chars_add_text(&room->out, i > 0 ? ", " : frames.len > 1 ? "frames " : "frame ");
        ht_text_style(room, HT_PLAIN);
        ht_chars_add_uint(&room->out, frames.items[i], 1);
    }
    ht_chars_add_text(&room->out, frames.len > MAX_FRAMES ? ", …" : "");
    ht_text_put(room, lines, HT_TEXT_GAP);
}

/* "high  TLS 1.0 negotiated  ServerHello version 0x0301  frame 8  RFC 8996  tls10-negotiated" */
static void put_finding(struct ht_text *room, struct ht_fold *lines,
                        const struct ht_finding *finding)
{
    const char *severity = finding->severity != NULL ? finding->severity : "info";
    ht_fold_pad(lines, MARGIN);
    put_styled(room, lines, 0, style_of_severity(severity), severity);
    put_styled(room, lines, HT_TEXT_GAP, HT_BOLD, finding->title != NULL ? finding->title : "");
    ht_text_safe(room, finding->evidence);
    ht_text_put(room, lines, HT_TEXT_GAP);
    put_frames(room, lines, finding->frames);
    const char *const *reference = finding->references;
    for (; reference != NULL && *reference != NULL; reference++) {
        put_styled(room, lines, HT_TEXT_GAP, HT_DIM, *reference);
    }
    put_styled(room, lines, HT_TEXT_GAP, HT_DIM, finding->id != NULL ? finding->id : "");
    ht_fold_end(lines);
}

/* What the capture lacks; nothing where it lacks nothing. */
static void put_quality(struct ht_text *room, struct ht_fold *lines,
                        const struct ht_capture_quality *quality)
{
    const struct ht_struct *type = &ht_capture_quality_struct;
    for (size_t i = 0; i < type->num_fields; i++) {
        if (!ht_field_present(&type->fields[i], quality)) {
            continue;
        }
        if (lines->column == 0) {
            ht_fold_pad(lines, MARGIN);
            put_styled(room, lines, 0, HT_YELLOW, "capture");
        }
        ht_text_unit(room, &type->fields[i], quality);
        ht_text_put(room, lines, HT_TEXT_GAP);
    }
    if (lines->column > 0) {
        ht_fold_end(lines);
    }
}

void ht_text_connection(struct ht_text *room, struct ht_fold *lines,
                        const struct ht_connection *connection)
{
    lines->indent = HANGING;
    put_parties(room, lines, connection, 0);
    put_headline(room, lines, connection);
    ht_fold_end(lines);
    put_facts(room, lines, connection);
    const struct ht_timeline_entry *entries = connection->timeline.items;
    struct columns columns                  = columns_of(connection, lines->width);
    for (size_t i = 0; i < connection->timeline.len; i++) {
        put_entry(room, lines, &entries[i], &columns);
    }
    lines->indent = HANGING;
    if (connection->capture != NULL) {
        put_quality(room, lines, connection->capture);
    }
    const struct ht_finding *findings = connection->findings.items;
    for (size_t i = 0; i < connection->findings.len; i++) {
        put_finding(room, lines, &findings[i]);
    }
}

/* By FIN, as most are: that goes without saying. */
static bool is_closed(const struct ht_tcp_summary *tcp)
{
    return tcp->state == NULL || strcmp(tcp->state, "closed") == 0 || is_reset_later(tcp);
}

/* The headline, which begins at `start`, may say who ended a handshake that failed, in the same
 * words. */
static void put_unless_said(struct ht_text *room, struct ht_fold *lines, size_t start)
{
    struct ht_bytes said = ht_bytes_from(ht_chars_view(lines->out), start);
    if (memmem(said.ptr, said.len, room->out.ptr, room->out.len) != NULL) {
        room->out.len = 0;
    }
    ht_text_put(room, lines, HT_TEXT_GAP);
}

static void put_dim(struct ht_text *room, struct ht_fold *lines, struct ht_bytes text)
{
    ht_text_style(room, HT_DIM);
    ht_text_safe(room, text);
    ht_text_style(room, HT_PLAIN);
    ht_text_put(room, lines, HT_TEXT_GAP);
}

void ht_text_connection_line(struct ht_text *room, struct ht_fold *lines,
                             const struct ht_connection *connection, bool with_source)
{
    ht_text_time(room, connection->start_ns, MICROSECOND);
    ht_text_put(room, lines, 0);
    put_parties(room, lines, connection, HT_TEXT_GAP);
    size_t start = lines->out->len;
    put_headline(room, lines, connection);
    if (connection->tcp != NULL && !is_closed(connection->tcp)) {
        add_state(room, connection->tcp);
        put_unless_said(room, lines, start);
    }
    if (with_source) {
        put_dim(room, lines, file_name(connection->source));
    }
    put_dim(room, lines, connection->id);
    ht_fold_end(lines);
}
