import type { Run } from "../cli/command.ts";
import { shellNamed } from "../cli/operands.ts";
import { hookText } from "../shell/hook.ts";

/** `gox init SHELL`: prints the hook, for `eval "$(gox init zsh)"` or `gox init fish | source`. */
export const run: Run = ({ context, args: [name = ""] }) => {
	context.stdout.write(hookText(context, shellNamed(name)));
	return undefined;
};
