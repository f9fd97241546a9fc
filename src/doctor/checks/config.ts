import { loadConfig } from "../../config.ts";
import { type Check, fine } from "../finding.ts";

/** gox's own config file can be read. A GoxError that it throws is the finding. */
export const config: Check = {
	name: "config",
	title: "gox's config file",
	area: "store",
	run: ({ context, probes }) => {
		loadConfig(context);
		return fine(
			probes.stat(context.configFile)
				? `${context.configFile} makes sense`
				: `${context.configFile} isn't there: every setting has its default`,
		);
	},
};
