/** What we use of the package `proxy-from-env`, which brings no types. */
declare module 'proxy-from-env' {
  /** URL of the proxy for `url`, by the variables HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY; empty: none. */
  export function getProxyForUrl (url: string): string
}
