import { join } from "node:path";
import type { Context } from "../context.ts";
import type { GoxError } from "../errors.ts";
import { type Layout, versionKey } from "../store/layout.ts";
import { keyNotInstalled, noneInstalled, noSystemGo } from "./failure.ts";
import { type Pin, withoutGo } from "./pin.ts";
import { findSystemGo } from "./system.ts";
import { keyLinkedAt, type Toolchain, toolchainOf, versionOf, wordFor } from "./toolchain.ts";

/** What a request comes to in this store. */
export interface Answer {
	/** Known for an exact release even when it is not installed. */
	readonly version: string | null;
	readonly request: string;
	readonly outcome: { readonly toolchain: Toolchain } | { readonly failure: GoxError };
}

/**
 * Looks a pin up in the store. `who` is who said it, for messages: a file, a variable.
 * An alias that doesn't exist has been refused before.
 */
export function answerPin(context: Context, layout: Layout, pin: Pin, word: string, who: string): Answer {
	const request = withoutGo(word);
	switch (pin.kind) {
		case "exact": {
			const key = pin.platform ? versionKey(pin.release.name, pin.platform, context.host()) : pin.release.name;
			return answerKey(layout, key, request, who);
		}
		case "alias": {
			const key = keyLinkedAt(join(layout.aliases, pin.name)) ?? "";
			return answerKey(layout, key, wordFor(key), who);
		}
		case "prefix":
			return answerLink(layout, pin.prefix, request, () => noneInstalled(`Go ${pin.prefix}`, who, request));
		case "latest":
			return answerLink(layout, "latest", request, () => noneInstalled("Go", who, request));
		case "system":
			return answerSystem(context, layout, () => noSystemGo(who));
	}
}

/** The version of that key, installed or not. */
export function answerKey(layout: Layout, key: string, request: string, who: string): Answer {
	const toolchain = toolchainOf(layout, key);
	return {
		version: versionOf(key),
		request,
		outcome: toolchain ? { toolchain } : { failure: keyNotInstalled(key, who, request) },
	};
}

function answerLink(layout: Layout, name: string, request: string, failure: () => GoxError): Answer {
	const key = keyLinkedAt(join(layout.aliases, name));
	return answerFound(key === undefined ? undefined : toolchainOf(layout, key), request, failure);
}

function answerSystem(context: Context, layout: Layout, failure: () => GoxError): Answer {
	return answerFound(findSystemGo(context, layout), "system", failure);
}

/** A toolchain that was found, or the failure in its place. */
export function answerFound(toolchain: Toolchain | undefined, request: string, failure: () => GoxError): Answer {
	return { version: toolchain?.version ?? null, request, outcome: toolchain ? { toolchain } : { failure: failure() } };
}
