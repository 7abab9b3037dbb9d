/** Mean and deviation of the channels of ImageNet, from 0 to 1: the defaults of torchvision and timm. */
export const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
