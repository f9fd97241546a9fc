// The bundler gives a CommonJS package that is imported lazily no names of its own: this module has them.
export { Agent, EnvHttpProxyAgent } from "undici";
