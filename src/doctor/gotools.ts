import { isAbsolute, join } from "node:path";
import type { Patient } from "./patient.ts";

/** Where `go install` puts programs: GOBIN, else bin/ of each GOPATH entry. */
export function goToolDirectories(patient: Patient): readonly string[] {
	const gobin = patient.settings("GOBIN")[0]?.value;
	return gobin && isAbsolute(gobin) ? [gobin] : gopathEntries(patient).map((entry) => join(entry, "bin"));
}

/** GOPATH's absolute entries; `~/go` where nothing sets it. */
export function gopathEntries(patient: Patient): readonly string[] {
	const value = patient.settings("GOPATH")[0]?.value;
	if (value === undefined) return [join(patient.context.userHome, "go")];
	return value.split(":").filter((entry) => isAbsolute(entry));
}
