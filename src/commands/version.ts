import type { Run } from "../cli/command.ts";
import { goxVersion } from "../product.ts";

/** `gox version`. The bare `gox --version` is answered by gox.ts, without any of this. */
export const run: Run = ({ report }) => {
	if (report.asJson) report.json({ version: goxVersion });
	else report.line(`gox ${goxVersion}`);
	return undefined;
};
