import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Platform } from "../../src/version/platform.ts";

/** Stand-ins for the built shims, for tests of what places them: `works` is whether the native one passes its self-test. */
export function fakeAssets(root: string, host: Platform, works = true): string {
	const assets = join(root, "assets");
	mkdirSync(join(assets, "shims", host), { recursive: true });
	const native = join(assets, "shims", host, "gox-shim");
	writeFileSync(native, `#!/bin/sh\n# gox-shim-marker\n${works ? `echo "gox-shim ok ${host}"` : "exit 1"}\n`);
	writeFileSync(join(assets, "shims", "gox-shim.sh"), "#!/bin/sh\n# gox-shim-marker\necho sh\n");
	chmodSync(native, 0o755);
	chmodSync(join(assets, "shims", "gox-shim.sh"), 0o755);
	return assets;
}
