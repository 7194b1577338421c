return tools.run_spell { file = "./child", params = { n = 21 } }
