import fc from "fast-check";

/** What a field of someone else's JSON may turn out to be. */
const oddValue = fc.oneof(
	fc.constantFrom<unknown>(null, true, -1, 0, 1e308, 2 ** 53, 1.5, "", "\u0000", "../../x", "__proto__", [], {}, [null], [[]], {
		length: 3,
	}),
	fc.jsonValue({ maxDepth: 2 }),
);

/** A good JSON value with up to four of its parts replaced, removed, doubled or given strange keys. */
export function mangled(good: unknown): fc.Arbitrary<unknown> {
	const step = fc.record({ where: fc.nat(1_000), how: fc.constantFrom("replace", "remove", "double", "key"), value: oddValue });
	return fc.array(step, { minLength: 1, maxLength: 4 }).map((steps) => {
		let value = structuredClone(good);
		for (const { where, how, value: drawn } of steps) {
			// Drawn values are shared between runs, and what is placed here is changed later.
			const odd = structuredClone(drawn);
			const places = placesIn(value);
			const place = places[where % places.length];
			if (!place) value = odd;
			else change(place, how, odd);
		}
		return value;
	});
}

/** JSON text of the kinds that decoders meet: mangled, cut, repeated keys, prototypes, very deep, no JSON at all. */
export function mangledText(good: unknown): fc.Arbitrary<string> {
	const text = JSON.stringify(good);
	return fc.oneof(
		{ weight: 8, arbitrary: mangled(good).map((value) => JSON.stringify(value) ?? "") },
		{ weight: 1, arbitrary: fc.nat(text.length).map((end) => text.slice(0, end)) },
		{
			weight: 1,
			arbitrary: fc.nat(text.length).chain((at) => fc.string().map((odd) => text.slice(0, at) + odd + text.slice(at))),
		},
		{
			weight: 1,
			arbitrary: fc
				.constantFrom("__proto__", "constructor", "toString", "length")
				.map((key) => text.replaceAll(/"([a-z]+)":/g, `"${key}":`)),
		},
		{
			weight: 1,
			arbitrary: fc.constantFrom(
				`${"[".repeat(100_000)}${"]".repeat(100_000)}`,
				`${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`,
				"\ufeff",
				"null",
				"1e999",
			),
		},
		{ weight: 2, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString("utf8")) },
	);
}

interface Place {
	readonly parent: Record<string, unknown> | unknown[];
	readonly key: string;
}

function placesIn(value: unknown): Place[] {
	if (typeof value !== "object" || value === null) return [];
	const parent = value as Place["parent"];
	return Object.keys(parent).flatMap((key) => [{ parent, key }, ...placesIn((parent as Record<string, unknown>)[key])]);
}

function change({ parent, key }: Place, how: string, odd: unknown): void {
	const record = parent as Record<string, unknown>;
	if (how === "replace") record[key] = odd;
	else if (how === "remove" && Array.isArray(parent)) parent.splice(Number(key), 1);
	else if (how === "remove") delete record[key];
	else if (how === "double" && Array.isArray(parent)) parent.push(structuredClone(parent[Number(key)]));
	else if (!Array.isArray(parent))
		Object.defineProperty(parent, "__proto__", { value: odd, enumerable: true, configurable: true, writable: true });
}
