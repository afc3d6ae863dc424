/** How long the Traffic Inspector keeps a request: unless an endpoint says otherwise, and at most. */
export const inspectionHoursDefault = 24;
export const inspectionHoursMax = 72;
