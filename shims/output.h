/* Output: answers on stdout, failures on stderr, each in one write. */

static bool write_all(int file, text what) {
	while (what.len) {
		ssize_t written = write(file, what.at, what.len);
		if (written > 0) what = skip(what, (size_t)written);
		else if (errno != EINTR) return false;
	}
	return true;
}

#define LONGEST_OUTPUT (8 * LONGEST_MESSAGE)

static int report(const failure *why, bool json) {
	static char bytes[LONGEST_OUTPUT];
	buffer out = BUFFER(bytes);
	put(&out, T("gox: "));
	put_visible(&out, whole(&why->message));
	put(&out, T("\n"));
	if (why->hint.len) {
		put(&out, T("  "));
		put_visible(&out, whole(&why->hint));
		put(&out, T("\n"));
	}
	write_all(2, whole(&out));
	if (json) {
		clear(&out);
		PUT(&out, T("{\"error\":{\"code\":\""), text_of(codes[why->code].name), T("\",\"message\":"));
		put_json(&out, whole(&why->message));
		put(&out, T(",\"hint\":"));
		if (why->hint.len) put_json(&out, whole(&why->hint));
		else put(&out, T("null"));
		put(&out, T("}}\n"));
		write_all(1, whole(&out));
	}
	return codes[why->code].exit;
}

static int complain(enum code code, const text *parts, size_t count, text hint) {
	static failure why;
	expect_no_failure(&why);
	why.code = code;
	put_all(&why.message, parts, count);
	put(&why.hint, hint);
	return report(&why, false);
}

#define COMPLAIN(code, hint, ...)                                                                                    \
	complain((code), (const text[]){__VA_ARGS__}, sizeof((const text[]){__VA_ARGS__}) / sizeof(text), (hint))

/* `what`, then the system's reason. */
static int complain_about(enum code code, text what, int error) {
	char bytes[128];
	buffer reason = BUFFER(bytes);
	put_reason(&reason, error);
	return COMPLAIN(code, none, what, whole(&reason));
}

static int say(const buffer *out) {
	if (write_all(1, whole(out))) return 0;
	return complain_about(FILE_SYSTEM, T("standard output: "), errno);
}

/* Why this version is in force, as `gox current` and the hook show it. */
static void put_why(buffer *to, const selection *chosen) {
	const source *from = &chosen->from;
	bool file = from->path.len > 0;
	if (same(from->kind, T("default"))) {
		put(to, from->kind);
		return;
	}
	put_visible(to, file ? from->path : from->kind);
	if (same(from->kind, T("system"))) return;
	text release = release_of(chosen->key);
	text bare = starts(release, T("go")) ? skip(release, 2) : release;
	if (file && (same(from->word, release) || same(from->word, bare))) return;
	put(to, file ? T(": ") : T("="));
	put_visible(to, from->word);
}

static int say_current(question *asked, const selection *chosen) {
	static char bytes[LONGEST_OUTPUT];
	buffer out = BUFFER(bytes);
	floor_line lowest;
	PUT(&out, release_of(chosen->key), T(" ("));
	put_why(&out, chosen);
	if (is_below_floor(asked, chosen, &lowest)) {
		put(&out, T("; "));
		put_visible(&out, lowest.from.path);
		PUT(&out, T(" asks for "), lowest.from.word);
	}
	put(&out, T(")\n"));
	return say(&out);
}

static void put_member(buffer *to, text name, text value) {
	PUT(to, name, T(":"));
	if (value.len) put_json(to, value);
	else put(to, T("null"));
}

static int say_current_json(question *asked, const selection *chosen) {
	static char bytes[LONGEST_OUTPUT];
	buffer out = BUFFER(bytes);
	floor_line lowest;
	put_member(&out, T("{\"version\""), release_of(chosen->key));
	put_member(&out, T(",\"goroot\""), chosen->goroot);
	put_member(&out, T(",\"source\":{\"kind\""), chosen->from.kind);
	put_member(&out, T(",\"path\""), chosen->from.path);
	put_member(&out, T(",\"text\""), chosen->from.word);
	put(&out, T("}"));
	if (is_below_floor(asked, chosen, &lowest)) {
		put_member(&out, T(",\"below\":{\"path\""), lowest.from.path);
		put_member(&out, T(",\"text\""), lowest.from.word);
		put(&out, T("}"));
	}
	put(&out, T("}\n"));
	return say(&out);
}

static int say_which(const selection *chosen, text tool, text path, bool json) {
	static char bytes[LONGEST_OUTPUT];
	buffer out = BUFFER(bytes);
	if (!json) {
		PUT(&out, path, T("\n"));
		return say(&out);
	}
	put_member(&out, T("{\"tool\""), tool);
	put_member(&out, T(",\"path\""), path);
	put_member(&out, T(",\"version\""), release_of(chosen->key));
	put_member(&out, T(",\"goroot\""), chosen->goroot);
	put(&out, T("}\n"));
	return say(&out);
}
