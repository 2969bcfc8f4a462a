from bench import start

start.main()
