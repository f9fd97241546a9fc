// The rows of the table: what is measured, in what unit, against what, and the goals.
// `show`: what a row's figures are printed as: the value itself, what it is beyond the baseline ("extra"), or how many
// times the baseline ("ratio"). A goal holds for one of gox's forms; it is about the least of the runs.

const shells = ["zsh", "bash"];
const gox = "gox";
const onNode = "gox on Node";
const both = (goal) => [
	{ tool: gox, ...goal },
	{ tool: onNode, ...goal },
];
/** The shims and the hook are native, whichever form of gox is installed. */
const native = (limit, show = "extra") => [{ tool: gox, or: onNode, show, limit }];

/** The sections, in the order in which they run and are printed. */
export const sections = [
	{
		id: "install",
		title: "Installing",
		rows: [
			{
				id: "wall",
				title: "install go1.22.5",
				unit: "s",
				baseline: "curl|tee(sha256sum)|tar xz",
				show: "ratio",
				goals: both({ show: "ratio", limit: 0.5 }),
			},
			{
				id: "cpu",
				title: "its CPU time",
				unit: "s",
				baseline: "curl|tee(sha256sum)|tar xz",
				show: "ratio",
				goals: both({ show: "ratio", limit: 0.8 }),
			},
			{ id: "memory", title: "its peak memory", unit: "MB", show: "value", goals: both({ show: "value", limit: 150 }) },
			{
				id: "four",
				title: "four of that size at once, against one",
				unit: "×",
				show: "value",
				goals: both({ show: "value", limit: 2.2 }),
			},
		],
	},
	{
		id: "shim",
		title: "The `go` on PATH",
		rows: [
			{
				id: "file",
				title: "`go`, version file nine levels up",
				unit: "ms",
				baseline: "direct",
				show: "extra",
				goals: native(0.15),
			},
			{
				id: "variable",
				title: "`go`, version in the environment",
				unit: "ms",
				baseline: "direct",
				show: "extra",
				goals: native(0.08),
			},
		],
	},
	{
		id: "switching",
		title: "Shells",
		rows: shells.flatMap((shell) => [
			{
				id: `between-${shell}`,
				title: `${shell}: cd between two pinned projects`,
				unit: "ms",
				baseline: "no hook",
				show: "extra",
				goals: native(2),
			},
			{
				id: `within-${shell}`,
				title: `${shell}: cd within a project`,
				unit: "ms",
				baseline: "no hook",
				show: "extra",
				goals: native(0.3),
			},
			{
				id: `outside-${shell}`,
				title: `${shell}: cd outside any`,
				unit: "ms",
				baseline: "no hook",
				show: "extra",
				goals: native(0.3),
			},
			{
				id: `start-${shell}`,
				title: `${shell}: start`,
				unit: "ms",
				baseline: "no hook",
				show: "extra",
				...(shell === "zsh" && { goals: native(0.5) }),
			},
			{
				id: `between-processes-${shell}`,
				title: `${shell}: processes of a cd between projects`,
				unit: "",
				show: "value",
				goals: native(1, "value"),
			},
			{
				id: `within-processes-${shell}`,
				title: `${shell}: processes of a cd within a project`,
				unit: "",
				show: "value",
				goals: native(0, "value"),
			},
			{
				id: `outside-processes-${shell}`,
				title: `${shell}: processes of a cd outside any`,
				unit: "",
				show: "value",
				goals: native(0, "value"),
			},
			{
				id: `start-processes-${shell}`,
				title: `${shell}: processes of a start`,
				unit: "",
				show: "value",
				...(shell === "zsh" && { goals: native(0, "value") }),
			},
		]),
	},
	{
		id: "commands",
		title: "Commands",
		rows: [
			{ id: "version", title: "`--version`", ...command({ own: 8, node: 1.15 }) },
			{ id: "list", title: "`list`, 4 installed", ...command({ own: 8 }) },
			{ id: "list300", title: "`list`, 300 installed", ...command({ own: 12, node: 1.3 }) },
			{ id: "remote", title: "list of remote versions (gox: from its cache)", ...command({ own: 8, node: 1.5 }) },
		],
	},
	{
		id: "native",
		title: "What the native gox answers",
		rows: ["current", "which", "exec"].flatMap((name) =>
			[4, 300].map((versions) => ({
				id: `${name}-${versions}`,
				title: `\`${name}\`, ${versions} installed`,
				unit: "ms",
				baseline: "direct",
				show: "extra",
				goals: native(1.5),
			})),
		),
	},
	{
		id: "audit",
		title: "Audit",
		rows: [
			{
				id: "audit",
				title: "`verify` of a GOROOT of 10,000 files",
				unit: "s",
				baseline: "find|xargs -P2 sha256sum",
				show: "ratio",
				goals: both({ show: "ratio", limit: 1 }),
			},
		],
	},
	{
		id: "network",
		title: "Slow and bad networks",
		rows: [
			{
				id: "ranges",
				title: "66 MB at 4 MB/s a connection: parallel ranges against one connection",
				unit: "×",
				show: "value",
				goals: [{ tool: "gox", show: "value", atLeast: 3.5 }],
			},
			{
				id: "resets",
				title: "100 ms latency, 1 % resets: how often the same byte is fetched at most",
				unit: "times",
				show: "value",
				goals: [{ tool: "gox", show: "value", limit: 2 }],
			},
			{
				id: "stalled",
				title: "a stalled mirror (time-out 2 s) is left after",
				unit: "s",
				show: "value",
				goals: [{ tool: "gox", show: "value", limit: 3 }],
			},
		],
	},
	{ id: "growth", title: "Growth", rows: [] },
];

/** A short command: over /bin/true for the self-contained gox, against `node -e 0` for the one on Node. */
function command({ own, node }) {
	return {
		unit: "ms",
		baseline: "/bin/true",
		show: "extra",
		goals: [
			{ tool: gox, show: "extra", limit: own },
			...(node === undefined ? [] : [{ tool: onNode, show: "ratio", limit: node, baseline: "node -e 0" }]),
		],
	};
}
