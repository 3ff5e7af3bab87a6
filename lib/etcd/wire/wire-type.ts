/** How the value of a field is written. The two others of protobuf begin and end groups. */
export const VARINT = 0;
export const FIXED_64 = 1;
export const LENGTH_DELIMITED = 2;
export const FIXED_32 = 5;
