// Slow and bad networks, out of slow-network.mjs: gox's own downloads, in this process.
import { slowNetwork } from "./slow-network.mjs";

export async function benchNetwork(bench) {
	bench.say("network: about a minute …");
	const seeds = Array.from({ length: bench.rounds(5) }, (_, at) => at + 1);
	const found = await slowNetwork({ seeds });
	const value = (wanted) => {
		const values = found.filter(({ name }) => name.includes(wanted)).map(({ value }) => value);
		return Math.max(...values);
	};
	const cell = (figure, note) => ({ gox: { min: figure, median: figure, runs: 1, ...(note && { note }) } });
	return {
		rows: {
			ranges: cell(value("ranges against one connection")),
			resets: cell(value("most often sent bytes"), `(of ${seeds.length} runs)`),
			stalled: cell(value("a stalled mirror is left")),
		},
	};
}
