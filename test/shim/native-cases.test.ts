import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { freshRoot } from "../support/context.ts";
import { ofFault } from "../support/tally.ts";
import { readCases } from "./case.ts";
import { nativeShim } from "./native.ts";
import { checkNativeCase, isForThisHost } from "./native-check.ts";

let base: string;
let shim: string;

beforeAll(() => {
	base = freshRoot("gox-native-");
	shim = nativeShim(join(base, "built"));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

describe("the table of precedence, asked of the native shim", () => {
	for (const [number, each] of readCases().entries()) {
		it.skipIf(!isForThisHost(each))(each.name, ofFault(each.fault), () =>
			checkNativeCase(each, join(base, String(number)), shim),
		);
	}
});
