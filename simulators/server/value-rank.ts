/**
 * Whether a variable with this ValueRank (OPC 10000-3, 5.6.2) may hold such a value: a scalar (`arrayLength` undefined) or a list.
 * Clients believe the rank: a number in a variable that is declared a matrix is stored as something else than a number.
 */
export function admitsShape(valueRank: number, arrayLength: number | undefined): boolean {
  const isScalar = arrayLength === undefined;
  switch (valueRank) {
    case -3: // scalar or one dimension
    case -2: // any
      return true;
    case -1: // scalar
      return isScalar;
    case 0: // one dimension or more
    case 1:
      return !isScalar;
    default:
      return false;
  }
}
