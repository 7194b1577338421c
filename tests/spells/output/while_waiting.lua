write(1)
sleep(0.001)
write(2)
tools.later { seconds = 0 }
print(3)
