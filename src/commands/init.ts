import { hookText } from "../shell/hookfile.ts";
import type { Run } from "./command.ts";
import { shellNamed } from "./shellargument.ts";

/** `gox init zsh`: the hook itself, for `eval "$(gox init zsh)"` or `gox init fish | source`. */
export const run: Run = ({ context, args: [name = ""] }) => {
	context.stdout.write(hookText(context, shellNamed(name)));
	return undefined;
};
