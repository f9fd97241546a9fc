import type { TestContext } from "vitest";

declare module "vitest" {
	interface TaskMeta {
		/** How many cases the test tried, where it is more than one. */
		cases?: number;
	}
}

/**
 * Counts the cases that one test tries (a loop over file-system calls, the runs of a property), for the table of
 * `npm run test:faults`. A test whose title, or the title of a `describe` around it, begins with `N. ` belongs to
 * fault N of `test/faults.json`; without a call it counts as one case.
 */
export function tried({ task }: Pick<TestContext, "task">, cases = 1): void {
	task.meta.cases = (task.meta.cases ?? 0) + cases;
}
