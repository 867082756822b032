// Screens of a phone that has no card, or no longer one.
export { Claim } from './claim'
export { NoticeScreen } from './consent'
export { Ended } from './ended'
export { Replace, Start } from './start'
