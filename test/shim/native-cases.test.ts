import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { freshRoot } from "../support/context.ts";
import { readCases, titleOf } from "./case.ts";
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
		it.skipIf(!isForThisHost(each))(titleOf(each), () => checkNativeCase(each, join(base, String(number)), shim));
	}
});
