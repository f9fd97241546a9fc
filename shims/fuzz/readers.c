/*
 * Gives one input to one of the shim's readers. The first byte names the reader; the rest is its text. With libFuzzer
 * (-fsanitize=fuzzer), an answer that could lead out of GOX_HOME aborts. With -DJSON_LINES it is a program that answers each
 * input on stdin (four bytes of length, little-endian, and the bytes) with one line of JSON, which test/shim/fuzz.test.ts
 * compares with src/select/.
 */
#define main shim_main
#include "../gox-shim.c"
#undef main
#include <stdio.h>

static const char readers[] = "pgtmskqvdwl";
static const place nowhere = {{"/nowhere", 8}, 0, 0, {"go", 2}};
static char answer_bytes[1 << 18];
static buffer out = {answer_bytes, sizeof answer_bytes, 0, false};

static void demand(bool what) {
	if (!what) abort();
}

/* Appends an element to the answer. */
static void tell(text what) {
	put(&out, out.len > 1 ? T(",") : none);
	put_json(&out, what);
}

/* One name below a directory of the home, and nothing else. */
static void demand_name(text name) {
	demand(name.len && !holds(name, '/') && !holds(name, 0) && !same(name, T(".")) && !same(name, T("..")));
}

static void answer_pin(text word) {
	static const char *const forms[] = {"none", "exact", "prefix", "latest", "system", "alias"};
	char bytes[512];
	pin asked;
	bool is_pin = parse_pin(word, &asked);
	tell(text_of(forms[is_pin ? asked.form : NO_PIN]));
	if (!is_pin || asked.form == SYSTEM || asked.form == LATEST) return;
	text name = asked.form == EXACT ? key_of(&nowhere, &asked, bytes, sizeof bytes) : asked.name;
	demand_name(name);
	demand(asked.form != EXACT || is_key(name));
	tell(name);
}

static void tell_failure(const failure *why) {
	demand(!why->message.cut && !why->hint.cut);
	tell(text_of(codes[why->code].name));
	tell(whole(&why->message));
	tell(whole(&why->hint));
}

static void answer_pins(text content, text name) {
	static failure why;
	char bytes[64];
	buffer path = BUFFER(bytes);
	PUT(&path, T("/p/"), name);
	source from = {name, whole(&path), none, 0, 0};
	expect_no_failure(&why);
	switch (read_pins(&nowhere, content, &from, &why)) {
	case ANSWERED: tell(T("spoke")); tell(from.word); break;
	case NO_ANSWER: tell(T("silent")); break;
	case FAILED: tell_failure(&why); break;
	}
}

static void answer_floor(text content) {
	static failure why;
	source from = {T("go.mod"), T("/p/go.mod"), none, 0, 0};
	floor_line lowest;
	expect_no_failure(&why);
	switch (read_floor(content, &from, &lowest, &why)) {
	case ANSWERED:
		tell(lowest.from.word);
		char bytes[256];
		buffer minor = BUFFER(bytes);
		put_minor(&minor, &lowest.version);
		demand_name(whole(&minor));
		tell(is_prerelease(&lowest.version) ? lowest.word : whole(&minor));
		break;
	case NO_ANSWER: tell(T("silent")); break;
	case FAILED: tell_failure(&why); break;
	}
}

static void answer_switch(text word) {
	static failure why;
	static selection chosen;
	source from = {T("GOTOOLCHAIN_INTERNAL_SWITCH_VERSION"), none, word, 0, 0};
	expect_no_failure(&why);
	demand(!select_switch(&nowhere, &from, &chosen, &why));
	demand(!why.message.cut && !why.hint.cut && !why.request.cut);
	if (why.code == NOT_INSTALLED) demand_name(whole(&why.request));
	tell(text_of(codes[why.code].name));
	tell(whole(&why.request));
}

static void answer_versions(text both) {
	text left = take_until(&both, '\n');
	go_version one, other;
	bool first_is = parse_go_version(left, &one), second_is = parse_go_version(both, &other);
	int order = first_is && second_is ? compare_versions(&one, &other) : first_is - second_is;
	demand(!first_is || compare_versions(&one, &one) == 0);
	tell(order < 0 ? T("<") : order > 0 ? T(">") : T("="));
}

static void answer_chdir(char *line) {
	char *argv[34] = {(char[]){"go"}};
	int argc = 1;
	for (bool more = true; more && argc < 33; argc++) {
		argv[argc] = line;
		line += strcspn(line, "\n");
		more = *line;
		*line++ = 0;
	}
	tell(find_chdir(argc, argv));
}

static void answer_path(text path) {
	static char bytes[1 << 17];
	buffer joined = BUFFER(bytes);
	join(&joined, path);
	demand(joined.cut || !joined.len || is_plain(whole(&joined)) || climbs(path));
	tell(is_plain(path) ? T("plain") : climbs(path) ? T("climbs") : none);
	tell(whole(&joined));
	tell(starts(path, T("/")) ? shims_parent(path) : none);
}

static void answer_launcher(text content) {
	static launcher found;
	size_t length = content.len < LONGEST_PATH ? content.len : LONGEST_PATH - 1;
	memcpy(found.bytes, content.at, length);
	divide_launcher(&found, length);
	for (size_t i = 0; i < found.count; i++) tell(text_of(found.words[i]));
}

static void answer_quoting(text what) {
	static char bytes[1 << 10], shown_bytes[1 << 17];
	buffer quoted = BUFFER(bytes), shown = BUFFER(shown_bytes);
	put_quoted(&quoted, what);
	put_visible(&shown, what);
	demand(!quoted.cut);
	tell(whole(&quoted));
	tell(what);
	tell(whole(&shown));
}

/* `input` has one byte more than its length, a NUL, like the texts of getenv and argv. */
static void answer_input(char *input, size_t length) {
	clear(&out);
	put(&out, T("["));
	text rest = {length ? input + 1 : input, length ? length - 1 : 0};
	const char *known = length && *input ? strchr(readers, *input) : NULL;
	switch (known ? *known : length ? readers[(unsigned char)*input % (sizeof readers - 1)] : 'p') {
	case 'p': answer_pin(rest); break;
	case 'g': answer_pins(rest, T(".go-version")); break;
	case 't': answer_pins(rest, T(".tool-versions")); break;
	case 'm': answer_floor(rest); break;
	case 's': answer_switch(rest); break;
	case 'k': tell(is_key(rest) ? T("key") : none); break;
	case 'q': answer_quoting(rest); break;
	case 'v': answer_versions(rest); break;
	case 'd': answer_chdir((char *)rest.at); break;
	case 'w': answer_path(rest); break;
	default: answer_launcher(rest);
	}
	put(&out, T("]\n"));
	demand(!out.cut);
}

#define LONGEST_INPUT (1 << 13)

#ifdef JSON_LINES
int main(void) {
	static char input[LONGEST_INPUT + 1];
	unsigned char size[4];
	while (fread(size, 1, sizeof size, stdin) == sizeof size) {
		size_t length = size[0] | size[1] << 8 | (size_t)size[2] << 16;
		if (length > LONGEST_INPUT || fread(input, 1, length, stdin) != length) return 2;
		input[length] = 0;
		answer_input(input, length);
		write_all(1, whole(&out));
	}
	return 0;
}
#else
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
	if (length > LONGEST_INPUT) return -1;
	/* Of exactly that size, so that an access behind it is found. */
	char *input = malloc(length + 1);
	demand(input != NULL);
	memcpy(input, bytes, length);
	input[length] = 0;
	answer_input(input, length);
	free(input);
	return 0;
}
#endif
