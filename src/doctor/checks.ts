import { aliases } from "./checks/aliases.ts";
import { cgo } from "./checks/cgo.ts";
import { config } from "./checks/config.ts";
import { diskSpace } from "./checks/diskspace.ts";
import { endOfLife } from "./checks/endoflife.ts";
import { fileSystem } from "./checks/filesystem.ts";
import { goArchitecture } from "./checks/goarchitecture.ts";
import { gopath } from "./checks/gopath.ts";
import { goroot } from "./checks/goroot.ts";
import { goSettingsCheck } from "./checks/gosettings.ts";
import { gotoolchain } from "./checks/gotoolchain.ts";
import { home } from "./checks/home.ts";
import { homebrew } from "./checks/homebrew.ts";
import { hook } from "./checks/hook.ts";
import { lcUuid } from "./checks/lcuuid.ts";
import { leavings } from "./checks/leavings.ts";
import { leftovers } from "./checks/leftovers.ts";
import { loginPath } from "./checks/loginpath.ts";
import { macosVersion } from "./checks/macosversion.ts";
import { otherGos } from "./checks/othergos.ts";
import { pprof } from "./checks/pprof.ts";
import { project } from "./checks/project.ts";
import { proxy } from "./checks/proxy.ts";
import { quarantine } from "./checks/quarantine.ts";
import { race } from "./checks/race.ts";
import { rosetta } from "./checks/rosetta.ts";
import { shims } from "./checks/shims.ts";
import { startupFiles } from "./checks/startupfiles.ts";
import { toolArchitecture } from "./checks/toolarchitecture.ts";
import { versions } from "./checks/versions.ts";
import type { Check } from "./finding.ts";

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
	leavings,
	config,
	project,
];
