// The whole of undici: its proxies need what only its own entry puts together.
export { EnvHttpProxyAgent } from "undici";
