/** What is needed only once the video plays: fetched with the first play, so that the page itself stays light. */
export { WatchClock } from './clock';
export { Heartbeat } from './heartbeat';
export { PresenceCheck } from './presence';
export { openStore } from './queue';
export { attach } from './source';
export { ScreenLock } from './wake-lock';
