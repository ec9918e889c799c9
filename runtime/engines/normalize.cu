// From the camera's picture to what a network begins at: uint8 (n, h, w, 3) -> float (n, 3, h, w), scaled, a thread a pixel.
// For TensorRT before 8.5, which takes no uint8. runtime/engines/normalize.py says the same in numpy.

extern "C" __global__ void normalize(
    const unsigned char *pixels, float *planes, int pixels_per_image, int pixels_in_all,
    int channel0, int channel1, int channel2,
    float scale0, float scale1, float scale2, float offset0, float offset1, float offset2)
{
    const int index = blockIdx.x * blockDim.x + threadIdx.x;
    if (index >= pixels_in_all) {
        return;
    }
    const int image = index / pixels_per_image;
    const unsigned char *pixel = pixels + 3 * (size_t)index;
    float *plane = planes + 3 * (size_t)image * pixels_per_image + (index - image * pixels_per_image);
    plane[0] = pixel[channel0] * scale0 + offset0;
    plane[pixels_per_image] = pixel[channel1] * scale1 + offset1;
    plane[2 * (size_t)pixels_per_image] = pixel[channel2] * scale2 + offset2;
}
