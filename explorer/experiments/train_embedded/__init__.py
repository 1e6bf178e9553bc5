"""Train the small networks that the app carries: python -m explorer.experiments.train_embedded.

    python -m explorer.experiments.train_embedded resnet20 --data FOLDER --epochs 30

FOLDER holds train.parquet and test.parquet; without --data CIFAR-10 is taken from where the app
looks for it, and torchvision downloads it there if need be. The run is seeded and writes a
checkpoint after every epoch: started again, it goes on. The epoch with the best accuracy on
held-out training images is kept, and only that one sees the test set.

    python -m explorer.experiments.train_embedded resnet56 --data FOLDER --epochs 8 --decay 2

is the paper's recipe, shortened: after a warm-up the rate stays at 0.1, and falls to zero over the
last --decay epochs; the network after the last epoch is kept. While the rate has not begun to
fall, a run may be started again with other numbers of epochs: it goes on all the same.
"""
