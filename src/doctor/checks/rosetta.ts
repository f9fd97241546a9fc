import { basename } from "node:path";
import { shWord } from "../../shell/quoting.ts";
import { type Check, type Finding, fine } from "../finding.ts";
import { isMacAtLeast, type Mac } from "../mac.ts";
import type { Patient } from "../patient.ts";

const why =
	"What is installed or built by a translated program is x86-64 by default: slower here, and of no use on a macOS without Rosetta.";

/** The shell, or the Node that runs gox, is an x86-64 program on an Apple-Silicon Mac. */
export const rosetta: Check = {
	name: "rosetta",
	title: "native shell and Node",
	area: "machine",
	run: (patient) => {
		const mac = patient.mac();
		if (!mac) return [];
		if (!mac.appleSilicon) return fine("an Intel Mac: nothing is translated", "sysctl hw.optional.arm64: no such name");
		const intel = [shellFinding(patient, mac), ...runtimeFinding(patient)].filter((each) => each !== undefined);
		return intel.length > 0 ? intel : fine("the shell and gox run natively", "sysctl.proc_translated: 0");
	},
};

function shellFinding({ context, probes }: Patient, mac: Mac): Finding | undefined {
	const shell = context.env.SHELL ?? "";
	const machine = shell === "" ? undefined : probes.machine(shell);
	const isIntel = machine !== undefined && !machine.platforms.includes("darwin-arm64") && !machine.words.includes("arm64");
	if (!mac.translated && !isIntel) return undefined;
	return {
		verdict: "warning",
		title: isIntel ? `the shell ${shell} is an x86-64 program` : "this terminal runs under Rosetta",
		evidence: [
			`sysctl.proc_translated: ${mac.translated ? 1 : 0}, hw.optional.arm64: 1`,
			...(machine ? [`${shell}: ${machine.words}`] : []),
			...(isMacAtLeast(mac, "27") ? ["macOS 27 comes without Rosetta"] : []),
		],
		why,
		fix: {
			commands: [isIntel ? "chsh -s /bin/zsh" : `exec arch -arm64 ${shWord(shell || "/bin/zsh")} -l`],
			...(!isIntel && {
				advice: "that is for this shell; for good, untick Open using Rosetta in the Finder's Get Info of the terminal",
			}),
		},
	};
}

function runtimeFinding({ context, probes }: Patient): readonly Finding[] {
	const [runtime = ""] = context.self;
	const machine = probes.machine(runtime);
	if (!machine || machine.words.includes("arm64")) return [];
	return [
		{
			verdict: "warning",
			title: `${basename(runtime)}, which runs gox, is an x86-64 program`,
			evidence: [`${runtime}: ${machine.words}`],
			why: "gox itself knows better, but whatever else this program starts or installs takes the Mac for an Intel one.",
			fix: { commands: ["/opt/homebrew/bin/brew install node && hash -r"] },
		},
	];
}
