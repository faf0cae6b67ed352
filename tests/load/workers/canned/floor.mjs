import { withoutNetwork } from "./network.mjs";
import worker from "../floor.mjs";

export default withoutNetwork(worker);
