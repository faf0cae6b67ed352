import { withoutNetwork } from "./network.mjs";
import worker from "../plain.mjs";

export default withoutNetwork(worker);
