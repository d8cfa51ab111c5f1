/** Loaded after the first view: makes the page usable without a network, and says when there is none. */

import { OFFLINE } from "../text/offline.js";
import { byId, element } from "../widgets/elements.js";

/** Register the service worker, and show from now on whether the browser is offline. */
export function startOffline() {
  navigator.serviceWorker?.register("service-worker.js").catch(() => {
    // The page works without it: an unknown certificate and some private windows refuse it.
  });
  for (const change of ["online", "offline"]) addEventListener(change, show);
  show();
}

function show() {
  byId("offline").replaceChildren(...(navigator.onLine ? [] : [element("p", OFFLINE, "notice")]));
}
