/*
 * This program is go, gofmt and gox on PATH. As a Go tool it chooses a version by the rules of docs/selection.md and
 * becomes it. As gox it answers `current`, `which` and `exec` itself and hands everything else to the launcher. It uses
 * libc alone, and no heap but readdir's; every buffer has a fixed size.
 */
#define _GNU_SOURCE
#define _DARWIN_C_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#define HOST_OS "darwin"
#else
#include <sys/auxv.h>
#define HOST_OS "linux"
#endif
#if defined(__aarch64__) || defined(__arm64__)
#define HOST HOST_OS "-arm64"
#elif defined(__x86_64__)
#define HOST HOST_OS "-amd64"
#else
#error "gox installs Go for arm64 and x86-64"
#endif

extern char **environ;

#include "text.h"
#include "version.h"
#include "place.h"
#include "select.h"
#include "floor.h"
#include "output.h"

/* ---- becoming another program ---- */

/* The path of this tool in the chosen Go. A file beside a system go's wrapper may be a shim again. */
static bool find_tool(const place *here, const selection *chosen, text tool, buffer *path) {
	struct stat file;
	bool small;
	clear(path);
	PUT(path, chosen->bin, T("/"), tool);
	if (path->cut) return false;
	/* The version counts as installed only if this file exists and is no shim. */
	if (!chosen->system && same(tool, T("go"))) return true;
	if (stat(path->at, &file) != 0 || S_ISDIR(file.st_mode) || is_self(here, &file)) return false;
	return !chosen->system || is_foreign_program(here, path->at, &small);
}

static int lack_tool(const selection *chosen, text tool, bool json) {
	static failure why;
	expect_no_failure(&why);
	why.code = COMMAND_NOT_FOUND;
	PUT(&why.message, release_of(chosen->key), T(" has no "), tool);
	return report(&why, json);
}

/* ENOENT for a file that exists means that its dynamic loader or interpreter is missing. */
static bool lacks_loader(text program, int error) {
	struct stat file;
	return error == ENOENT && holds(program, '/') && stat(program.at, &file) == 0;
}

static int fail_to_start(text program, int error) {
	if (lacks_loader(program, error)) {
		return COMPLAIN(NOT_EXECUTABLE, none, program, T(": the loader or interpreter that it names is missing"));
	}
	if (error == ENOENT || error == ENOTDIR) return COMPLAIN(COMMAND_NOT_FOUND, none, program, T(": command not found"));
	char bytes[LONGEST_PATH + 2];
	buffer what = BUFFER(bytes);
	PUT(&what, program, T(": "));
	return complain_about(NOT_EXECUTABLE, whole(&what), error);
}

/* Lets Go's own switching find shims/go1.22.5. Without a PATH the system's default stays in force. */
static void put_shims_on_path(const place *here) {
	char bytes[LONGEST_PATH];
	buffer shims = BUFFER(bytes);
	text path = text_of(getenv("PATH"));
	put_in_home(&shims, here, T("shims"));
	if (path.len && !is_on_path(whole(&shims))) SET(T("PATH"), path, T(":"), whole(&shims));
}

/* A small system go may be another manager's shim that finds this one again, so the rounds are counted and limited. */
static void count_depth(const selection *chosen) {
	char digit = (char)('1' + depth_of_shims());
	if (chosen->system && chosen->may_loop) SET(T("GOX_SHIM_DEPTH"), ((text){&digit, 1}));
}

/* `strict` keeps Go from switching away from an explicit pin, unless the user has set GOTOOLCHAIN. */
static void hold_to_pin(const place *here, const selection *chosen) {
	char bytes[LONGEST_PATH];
	buffer mark = BUFFER(bytes);
	struct stat file;
	if (!chosen->pinned || chosen->system || text_of(getenv("GOTOOLCHAIN")).len) return;
	put_in_home(&mark, here, T("strict"));
	bool strict = text_of(getenv("GOX_STRICT")).len || (!mark.cut && stat(mark.at, &file) == 0);
	if (strict) SET(T("GOTOOLCHAIN"), T("local"));
}

static int become_tool(const place *here, const selection *chosen, char **argv) {
	static char bytes[LONGEST_PATH];
	buffer path = BUFFER(bytes);
	if (!find_tool(here, chosen, here->name, &path)) return lack_tool(chosen, here->name, false);
	drop_variable(T("GOROOT"));
	put_shims_on_path(here);
	count_depth(chosen);
	hold_to_pin(here, chosen);
	execve(path.at, argv, environ);
	return fail_to_start(whole(&path), errno);
}

/* Like execvp, on the PATH that was just set, but without its fallback to sh. Returns errno. */
static int execute_on_path(char **argv) {
	char bytes[LONGEST_PATH];
	text command = text_of(argv[0]), path = text_of(getenv("PATH")), entry;
	int seen = ENOENT;
	if (holds(command, '/') || !command.len) {
		execve(argv[0], argv, environ);
		return errno;
	}
	bool more = path.len > 0;
	while (next_on_path(&path, &more, &entry)) {
		buffer file = BUFFER(bytes);
		PUT(&file, entry.len ? entry : T("."), T("/"), command);
		if (file.cut) continue;
		execve(file.at, argv, environ);
		if (errno == EACCES) seen = EACCES;
		else if (errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG) return errno;
	}
	return seen;
}

/* ---- the launcher ---- */

#define MOST_WORDS 32

static const text launcher_hint = CONSTANT("run any command of the installed package once, e.g.: npx gox-cli setup");

typedef struct {
	char bytes[LONGEST_PATH + 1];
	char *words[MOST_WORDS];
	size_t count;
} launcher;

/* Splits the first `length` bytes into words that end in a NUL. */
static bool divide_launcher(launcher *to, size_t length) {
	text content = {to->bytes, length};
	to->bytes[length] = 0;
	to->count = 0;
	while (content.len && to->count < MOST_WORDS) {
		text word = take_until(&content, '\n');
		if (ends(word, T("\r"))) word.len--;
		to->bytes[word.at + word.len - to->bytes] = 0;
		if (word.len) to->words[to->count++] = to->bytes + (word.at - to->bytes);
	}
	return to->count > 0;
}

static bool read_launcher(const place *here, launcher *to) {
	char path_bytes[LONGEST_PATH];
	buffer path = BUFFER(path_bytes);
	document file;
	put_in_home(&path, here, T("launcher"));
	return !path.cut && read_file(path.at, to->bytes, LONGEST_PATH - 1, &file) == READ && divide_launcher(to, file.content.len);
}

static int lack_launcher(const place *here) {
	return COMPLAIN(INTERNAL, launcher_hint, here->home, T("/launcher is missing: gox cannot start"));
}

/* Whether the script of the launcher is gone, as after `nvm uninstall`. node would only print a stack trace. */
static bool lacks_script(const launcher *found) {
	if (found->count < 2 || !same(base_of(text_of(found->words[0])), T("node"))) return false;
	return found->words[1][0] == '/' && access(found->words[1], R_OK) != 0;
}

/* Executes the launcher; returns errno. `argv` begins with the launcher's words. */
static int execute_launcher(const place *here, char **argv) {
	drop_variable(T("GOX_SHIM_DEPTH"));
	SET(T("GOX_HOME"), here->home.len ? here->home : T("/"));
	execve(argv[0], argv, environ);
	int error = errno;
	if (!same(base_of(text_of(argv[0])), T("node"))) return error;
	argv[0] = (char[]){"node"};
	return execute_on_path(argv);
}

static int hand_over(const place *here, int argc, char **argv) {
	static launcher found;
	if (!read_launcher(here, &found)) return lack_launcher(here);
	size_t given = (size_t)argc - 1;
	char **words = mmap(NULL, (found.count + given + 1) * sizeof *words, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
	if (words == MAP_FAILED) return COMPLAIN(INTERNAL, none, T("out of memory"));
	memcpy(words, found.words, found.count * sizeof *words);
	memcpy(words + found.count, argv + 1, (given + 1) * sizeof *words);
	bool lost = lacks_script(&found);
	int error = lost ? errno : execute_launcher(here, words);
	char bytes[LONGEST_PATH + 256];
	buffer what = BUFFER(bytes);
	PUT(&what, text_of(found.words[lost]), T(": "));
	put_reason(&what, error);
	return COMPLAIN(INTERNAL, launcher_hint, whole(&what), T(": gox cannot start"));
}

/* ---- installing what is missing ---- */

/* In the child: stdout becomes stderr, and a failure to start goes through the pipe `tell`. */
static void run_installer(const place *here, launcher *found, const failure *why, int tell) {
	static char request[256], asked_by[LONGEST_PATH];
	buffer what = BUFFER(request), file = BUFFER(asked_by);
	put(&what, whole(&why->request));
	put(&file, why->asked_by);
	char *words[MOST_WORDS + 5];
	memcpy(words, found->words, found->count * sizeof *words);
	words[found->count] = (char[]){"auto-install"};
	words[found->count + 1] = what.at;
	words[found->count + 2] = (char[]){"--asked-by"};
	words[found->count + 3] = file.at;
	words[found->count + 4] = NULL;
	dup2(2, 1);
	/* A `go` that gox runs while it installs must not ask for the same install again. */
	SET(T("GOX_NO_AUTO_INSTALL"), T("1"));
	int error = execute_launcher(here, words);
	write_all(tell, (text){(const char *)&error, sizeof error});
	_exit(127);
}

static int wait_for(pid_t child) {
	int status;
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR) return 1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The child's exit status, or -1 if it couldn't be started. Ctrl-C is for the child, as with system(3). */
static int start_installer(const place *here, const failure *why) {
	static launcher found;
	int tell[2], error;
	struct sigaction ignore = {0}, interrupt, quit;
	if (!read_launcher(here, &found) || lacks_script(&found) || pipe(tell) != 0) return -1;
	fcntl(tell[0], F_SETFD, FD_CLOEXEC);
	fcntl(tell[1], F_SETFD, FD_CLOEXEC);
	ignore.sa_handler = SIG_IGN;
	sigaction(SIGINT, &ignore, &interrupt);
	sigaction(SIGQUIT, &ignore, &quit);
	pid_t child = fork();
	if (child == 0) {
		sigaction(SIGINT, &interrupt, NULL);
		sigaction(SIGQUIT, &quit, NULL);
		run_installer(here, &found, why, tell[1]);
	}
	close(tell[1]);
	ssize_t told = -1;
	if (child > 0) {
		do told = read(tell[0], &error, sizeof error);
		while (told < 0 && errno == EINTR);
	}
	close(tell[0]);
	int status = child > 0 ? wait_for(child) : -1;
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGQUIT, &quit, NULL);
	return told == 0 ? status : -1;
}

static bool may_install(const failure *why) {
	return why->request.len && !text_of(getenv("GOX_NO_AUTO_INSTALL")).len;
}

static bool is_trusted(uid_t owner) {
	return owner == 0 || owner == geteuid();
}

/*
 * Whether another user's file asks. Such a file may choose among the installed versions, but causes no install. The
 * owner is that at the time of reading. A link that another user made counts as his, whoever owns its target.
 */
static bool is_anothers(failure *why) {
	struct stat link;
	if (!why->asked_by_file) return false;
	if (is_trusted(why->owner)) {
		if (lstat(why->asked_by.at, &link) != 0 || !S_ISLNK(link.st_mode) || is_trusted(link.st_uid)) return false;
		why->owner = link.st_uid;
	}
	put(&why->message, T("; that file is another user's (uid "));
	put_number(&why->message, why->owner);
	put(&why->message, T("), so gox installs nothing for it by itself"));
	return true;
}

/* ---- as a Go tool, and as gox ---- */

static int run_as_tool(question *asked, int argc, char **argv) {
	static selection chosen;
	static failure why;
	if (same(asked->here.name, T("go"))) asked->chdir = find_chdir(argc, argv);
	if (select_go(asked, &chosen, &why)) return become_tool(&asked->here, &chosen, argv);
	if (!may_install(&why) || is_anothers(&why)) return report(&why, false);
	int status = start_installer(&asked->here, &why);
	if (status > 0) return status;
	if (status == 0 && select_go(asked, &chosen, &why)) return become_tool(&asked->here, &chosen, argv);
	return report(&why, false);
}

static int run_current(question *asked, bool json) {
	static selection chosen;
	static failure why;
	if (!select_go(asked, &chosen, &why)) return report(&why, json);
	return json ? say_current_json(asked, &chosen) : say_current(asked, &chosen);
}

static int run_which(question *asked, text tool, bool json) {
	static selection chosen;
	static failure why;
	static char bytes[LONGEST_PATH];
	buffer path = BUFFER(bytes);
	if (!select_go(asked, &chosen, &why)) return report(&why, json);
	if (!find_tool(&asked->here, &chosen, tool, &path)) return lack_tool(&chosen, tool, json);
	return say_which(&chosen, tool, whole(&path), json);
}

/* GOX_VERSION for the command of exec: the word that means exactly this version. */
static void put_version_word(buffer *to, const selection *chosen) {
	if (chosen->system) {
		put(to, T("system"));
		return;
	}
	text release = release_of(chosen->key);
	put_exact_word(to, release);
	put(to, skip(chosen->key, release.len));
}

static int run_exec(question *asked, const pin *wanted, char **command) {
	static selection chosen;
	static failure why;
	char version_bytes[512];
	buffer version = BUFFER(version_bytes);
	const place *here = &asked->here;
	source from = {T("the command line"), none, wanted->word, 0, 0};
	expect_no_failure(&why);
	bool found = wanted->form == NO_PIN ? select_go(asked, &chosen, &why) : select_pin(here, &from, wanted, &chosen, &why);
	if (!found) return report(&why, false);
	put_version_word(&version, &chosen);
	text path = text_of(getenv("PATH"));
	drop_variable(T("GOROOT"));
	bool room = SET(T("PATH"), chosen.bin, T(":"), here->home, T("/shims"), path.len ? T(":") : none, path) &&
	            SET(T("GOX_VERSION"), whole(&version));
	if (!room) return COMPLAIN(INTERNAL, none, T("PATH is too long"));
	hold_to_pin(here, &chosen);
	return fail_to_start(text_of(command[0]), execute_on_path(command));
}

/* Reads the arguments of `current` and `which`: --json, and at most `tools` names. False for anything else. */
static bool understand(int argc, char **argv, int tools, bool *json, text *tool) {
	for (int i = 2; i < argc; i++) {
		text argument = text_of(argv[i]);
		bool name = argument.len && argument.at[0] != '-' && !holds(argument, '/');
		if (same(argument, T("--json"))) *json = true;
		else if (name && tools-- > 0) *tool = argument;
		else return false;
	}
	return true;
}

/* Reads the arguments of `exec`: an optional pin, `--`, a command. Returns the command's index, or 0 for anything else. */
static int understand_exec(const place *here, int argc, char **argv, pin *wanted) {
	int at = 2;
	*wanted = (pin){NO_PIN, none, none, none, {none, none, none, none, none}};
	bool given = argc > at && !same(text_of(argv[at]), T("--"));
	if (given && (!parse_pin(text_of(argv[at++]), wanted) || !is_known_alias(here, wanted))) return 0;
	return argc > at + 1 && same(text_of(argv[at]), T("--")) ? at + 1 : 0;
}

static int run_as_gox(question *asked, int argc, char **argv) {
	text command = argc > 1 ? text_of(argv[1]) : none, tool = T("go");
	bool json = false;
	pin wanted;
	if (same(command, T("current")) && understand(argc, argv, 0, &json, &tool)) return run_current(asked, json);
	if (same(command, T("which")) && understand(argc, argv, 1, &json, &tool)) return run_which(asked, tool, json);
	int at = same(command, T("exec")) ? understand_exec(&asked->here, argc, argv, &wanted) : 0;
	return at ? run_exec(asked, &wanted, argv + at) : hand_over(&asked->here, argc, argv);
}

static int refuse_home(void) {
	char bytes[512];
	buffer shown = BUFFER(bytes);
	put_quoted(&shown, text_of(getenv("GOX_HOME")));
	return COMPLAIN(BAD_HOME, T("export GOX_HOME=\"$HOME/.gox\""), T("GOX_HOME must be an absolute path without \"..\", not "), whole(&shown));
}

int main(int argc, char **argv) {
	static question asked;
	if (argc < 1 || !argv[0][0]) return COMPLAIN(USAGE, none, T("started without a name: argv is empty"));
	enum finding placed = find_place(&asked.here);
	bool gox = same(asked.here.name, T("gox")) || same(asked.here.name, T("gox-shim"));
	if (gox && argc == 2 && same(text_of(argv[1]), T("--shim-self-test"))) {
		return write_all(1, T("gox-shim ok " HOST "\n")) ? 0 : 1;
	}
	if (placed == UNFIT) return refuse_home();
	if (placed != FOUND) return COMPLAIN(BAD_HOME, T("export HOME"), T("neither GOX_HOME nor HOME is an absolute path"));
	asked.chdir = none;
	return gox ? run_as_gox(&asked, argc, argv) : run_as_tool(&asked, argc, argv);
}
