/* Go versions: read, ordered and named as src/version/ and Go's internal/gover do. */

/* `minor` and `patch` are "0" where gover says so; numbers stay decimal text, of any length. */
typedef struct {
	text major, minor, patch, kind, pre;
} go_version;

static const text none = CONSTANT("");

static int compare_decimal(text left, text right) {
	if (left.len != right.len) return left.len < right.len ? -1 : 1;
	return left.len ? memcmp(left.at, right.at, left.len) : 0;
}

/* Removes a decimal number without leading zeros from `rest` and returns it; empty if there is none. */
static text take_number(text *rest) {
	size_t length = 0;
	while (length < rest->len && is_digit(rest->at[length])) length++;
	if (length > 1 && rest->at[0] == '0') length = 0;
	text number = first(*rest, length);
	*rest = skip(*rest, length);
	return number;
}

static bool is_before_1_21(text minor) {
	return compare_decimal(minor, T("21")) < 0;
}

/* gover.Parse. 1.9.2rc2 is valid too: it was published, although gover calls it malformed. */
static bool parse_go_version(text word, go_version *to) {
	*to = (go_version){none, none, none, none, none};
	if (same(word, T("1.9.2rc2"))) {
		*to = (go_version){T("1"), T("9"), T("2"), T("rc"), T("2")};
		return true;
	}
	to->major = take_number(&word);
	if (!to->major.len) return false;
	if (!word.len) {
		to->minor = to->patch = T("0");
		return true;
	}
	if (word.at[0] != '.') return false;
	word = skip(word, 1);
	to->minor = take_number(&word);
	if (!to->minor.len) return false;
	if (!word.len) {
		if (is_before_1_21(to->minor)) to->patch = T("0");
		return true;
	}
	if (word.at[0] == '.') {
		word = skip(word, 1);
		to->patch = take_number(&word);
		return to->patch.len && !word.len;
	}
	size_t letters = 0;
	while (letters < word.len && is_lower(word.at[letters])) letters++;
	to->kind = first(word, letters);
	word = skip(word, letters);
	if (!letters) return false;
	to->pre = take_number(&word);
	return !word.len;
}

static int compare_text(text left, text right) {
	size_t length = left.len < right.len ? left.len : right.len;
	int order = length ? memcmp(left.at, right.at, length) : 0;
	return order ? order : (left.len > right.len) - (left.len < right.len);
}

/* With equal patch numbers 1.9.2rc2 precedes 1.9.2; without one, gover's order is "" < alpha < beta < rc. */
static int compare_kind(const go_version *left, const go_version *right) {
	int order = compare_text(left->kind, right->kind);
	return left->patch.len && (!left->kind.len || !right->kind.len) ? -order : order;
}

/* gover.Compare. */
static int compare_versions(const go_version *left, const go_version *right) {
	int order = compare_decimal(left->major, right->major);
	if (!order) order = compare_decimal(left->minor, right->minor);
	if (!order) order = compare_decimal(left->patch, right->patch);
	if (!order) order = compare_kind(left, right);
	return order ? order : compare_decimal(left->pre, right->pre);
}

static bool is_prerelease(const go_version *version) {
	return version->kind.len > 0;
}

/* An exact release without its `go`: not a language version, and of a kind that Go has published. */
static bool parse_release(text word, go_version *to) {
	if (!parse_go_version(word, to)) return false;
	if (!is_prerelease(to)) return to->patch.len > 0;
	return to->pre.len && (same(to->kind, T("rc")) || same(to->kind, T("beta")) || same(to->kind, T("alpha")));
}

static void put_minor(buffer *to, const go_version *version) {
	PUT(to, version->major, T("."), version->minor);
}

/* The name it was published by: go1.20 for 1.20.0, go1.21.0, go1 for 1.0.0. */
static void put_release_name(buffer *to, text word, const go_version *version) {
	put(to, T("go"));
	if (is_prerelease(version)) {
		put(to, word);
		return;
	}
	bool first_one = same(version->patch, T("0"));
	bool short_name = first_one && same(version->major, T("1")) && is_before_1_21(version->minor);
	if (short_name && same(version->minor, T("0"))) put(to, version->major);
	else put_minor(to, version);
	if (!short_name) PUT(to, T("."), version->patch);
}

static bool is_platform(text word) {
	return same(word, T("darwin-arm64")) || same(word, T("darwin-amd64")) || same(word, T("linux-amd64")) ||
	       same(word, T("linux-arm64"));
}

/* A directory under versions/: `go1.22.5`, `go1.15.15@darwin-amd64`. */
static bool is_key(text word) {
	text release = take_until(&word, '@');
	if (release.len < 3 || !starts(release, T("go")) || !is_digit(release.at[2])) return false;
	for (size_t i = 2; i < release.len; i++) {
		if (!is_digit(release.at[i]) && !is_lower(release.at[i]) && release.at[i] != '.') return false;
	}
	return release.at + release.len == word.at || is_platform(word);
}

/* `go1.22.5` of `go1.22.5@darwin-amd64`. */
static text release_of(text key) {
	return first(key, find(key, '@'));
}

/* The word that means this key and nothing else: `1.22.5`; `1.20.0` for go1.20, since 1.20 is a prefix. */
static void put_exact_word(buffer *to, text release) {
	text word = skip(release, 2);
	go_version version;
	put(to, word);
	if (!parse_go_version(word, &version) || is_prerelease(&version)) return;
	for (size_t dots = 0, i = 0; i <= word.len; i++) {
		if (i < word.len) dots += word.at[i] == '.';
		else if (dots < 2) put(to, dots ? T(".0") : T(".0.0"));
	}
}

/* Removes `go` in front of a version. */
static text without_go(text word) {
	return word.len > 2 && starts(word, T("go")) && is_digit(word.at[2]) ? skip(word, 2) : word;
}

/* A pin: what `.go-version`, `.tool-versions` and GOX_VERSION may hold. */
typedef struct {
	enum { NO_PIN, EXACT, PREFIX, LATEST, SYSTEM, ALIAS } form;
	/* As the user wrote it. */
	text word;
	/* The number of a prefix, the name under aliases/, or an exact release without `go` and platform. */
	text name;
	/* Empty for the host's platform. */
	text platform;
	go_version version;
} pin;

/* 1.22, 1.22.x, 1, 1.x: numbers of at most six digits. */
static bool parse_prefix(text word, text *prefix) {
	if (ends(word, T(".x"))) word.len -= 2;
	*prefix = word;
	text number = take_number(&word);
	if (!number.len || number.len > 6) return false;
	if (!word.len) return true;
	if (word.at[0] != '.') return false;
	word = skip(word, 1);
	number = take_number(&word);
	return number.len && number.len <= 6 && !word.len;
}

static bool is_alias_name(text word) {
	static const text reserved[] = {CONSTANT("oldstable"), CONSTANT("rc"),      CONSTANT("next"),
	                                CONSTANT("mod"),       CONSTANT("default"), CONSTANT("current")};
	if (!word.len || word.len > 63 || !is_letter(word.at[0])) return false;
	if (word.len > 2 && starts(word, T("go")) && is_digit(word.at[2])) return false;
	for (size_t i = 0; i < word.len; i++) {
		if (!is_letter(word.at[i]) && !is_digit(word.at[i]) && word.at[i] != '_' && word.at[i] != '-') return false;
	}
	for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
		if (same(word, reserved[i])) return false;
	}
	return true;
}

/* Three numbers, or a pre-release. Anything shorter is a prefix, or has too many digits for one. */
static bool is_spelled_out(text version) {
	size_t dots = 0;
	for (size_t i = 0; i < version.len; i++) {
		if (version.at[i] == '.') dots++;
		else if (!is_digit(version.at[i])) return true;
	}
	return dots == 2;
}

static bool parse_pin(text word, pin *to) {
	*to = (pin){NO_PIN, word, none, none, {none, none, none, none, none}};
	if (word.len > 128) return false;
	if (same(word, T("latest")) || same(word, T("stable"))) {
		to->form = LATEST;
		to->name = T("latest");
		return true;
	}
	if (same(word, T("system"))) {
		to->form = SYSTEM;
		return true;
	}
	text bare = without_go(word);
	if (parse_prefix(bare, &to->name)) {
		to->form = PREFIX;
		return true;
	}
	text rest = bare;
	to->name = take_until(&rest, '@');
	bool plain = to->name.len == bare.len;
	if (is_spelled_out(to->name) && parse_release(to->name, &to->version) && (plain || is_platform(rest))) {
		to->form = EXACT;
		to->platform = same(rest, T(HOST)) ? none : rest;
		return true;
	}
	to->name = word;
	if (is_alias_name(word)) to->form = ALIAS;
	return to->form != NO_PIN;
}
