// What comes after the verdict; loaded in the background right after the start.
export { Bill } from './bill'
export { Pin } from './pin'
export { Receipt } from './receipt'
