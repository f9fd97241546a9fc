// undici's own entry loads its fetch, WebSocket, caches and mocks as well, which takes as long again as all that is
// needed for a download without a proxy.
export { default as Agent } from "undici/lib/dispatcher/agent.js";
