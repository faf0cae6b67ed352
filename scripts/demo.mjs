// `make demo`: a simulated OCI, the Worker in workerd, and the page, all on this machine. Prints one URL.
import { startStage } from "./stage.mjs";

const stage = await startStage({ pace: 30, port: Number(process.env.PORT) || undefined });
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, async () => {
    await stage.stop();
    process.exit(0);
  });
}
console.log(`
  ${stage.origin}/#token=${stage.token}

  The page, the Worker in workerd and a simulated OCI run on this machine; no OCI account is needed. Ctrl+C stops them.
`);
process.exitCode = await stage.ended;
await stage.simulator.close();
