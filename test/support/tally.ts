import type { TestContext } from "vitest";

declare module "vitest" {
	interface TaskMeta {
		/** How many cases the test tried, where it is more than one. */
		cases?: number;
	}
}

/**
 * Counts the cases that one test tries (a loop over file-system calls, the runs of a property), for the table of
 * `npm run test:faults`. Without a call a test counts as one case.
 */
export function tried({ task }: Pick<TestContext, "task">, cases = 1): void {
	task.meta.cases = (task.meta.cases ?? 0) + cases;
}

/**
 * The options of a test, or of a `describe`, that belongs to a kind of fault: a key of `test/faults.json`. A test inside
 * a `describe` belongs to the kind of the outermost one.
 */
export function ofFault(kind: number | undefined): { tags?: string[] } {
	return kind === undefined ? {} : { tags: [`fault-${kind}`] };
}
