import type { Check } from "../examination.ts";
import { cgo, endOfLife, goArchitecture, otherGos, pprof, quarantine, race, toolArchitecture } from "./go.ts";
import { homebrew, lcUuid, macosVersion, rosetta } from "./machine.ts";
import { project } from "./project.ts";
import { proxy } from "./proxy.ts";
import { gopath, goroot, goSettingsCheck, gotoolchain } from "./settings.ts";
import { hook, leftovers, loginPath, shims, startupFiles } from "./shell.ts";
import { aliases, config, diskSpace, fileSystem, home, leftBehind, versions } from "./store.ts";

/** Every check, in the order of the report. */
export const checks: readonly Check[] = [
	rosetta,
	homebrew,
	macosVersion,
	lcUuid,
	goArchitecture,
	toolArchitecture,
	otherGos,
	quarantine,
	endOfLife,
	cgo,
	race,
	pprof,
	goroot,
	gopath,
	gotoolchain,
	goSettingsCheck,
	proxy,
	shims,
	loginPath,
	hook,
	startupFiles,
	leftovers,
	home,
	fileSystem,
	diskSpace,
	versions,
	aliases,
	leftBehind,
	config,
	project,
];
