import { goxVersion } from "../product.ts";
import type { Run } from "./command.ts";

/** `gox version`. The bare `gox --version` is answered by cli.ts, without any of this. */
export const run: Run = ({ report }) => {
	if (report.asJson) report.json({ version: goxVersion });
	else report.line(`gox ${goxVersion}`);
	return undefined;
};
