/** GiB of the root volume of each instance, gp3. */
export const ROOT_VOLUME_GIB = 16;
